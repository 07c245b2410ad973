// What became of a plugin's fetch, for whoever counts it.
import type { FetchErrorReason } from "@sluice/plugin-sdk";
import { detailOf } from "../errors.ts";
import { FetchFailed } from "./fetch-failed.ts";

export type FetchOutcome = "answered" | FetchErrorReason;

/** The answer, or a rejection with {@link FetchFailed} whatever went wrong, each told first. */
export async function tellOutcome<Answer>(
  answer: Promise<Answer>,
  tell: (outcome: FetchOutcome) => void,
): Promise<Answer> {
  try {
    const answered = await answer;
    tell("answered");
    return answered;
  } catch (thrown) {
    const failure =
      thrown instanceof FetchFailed
        ? thrown
        : new FetchFailed("unreachable", detailOf(thrown), thrown);
    tell(failure.reason);
    throw failure;
  }
}
