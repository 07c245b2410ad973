// What a check of a plugin comes to.

export interface Outcome {
  /** What must be true: `imports: only functions of the ABI`. */
  readonly name: string;
  readonly kind: "passed" | "failed" | "skipped";
  /** One line, for what failed or was skipped. */
  readonly reason: string | undefined;
}

/** Why a check does not apply; thrown by it. */
export class Skipped extends Error {}

/** What is wrong; thrown by a check. */
export class Broken extends Error {}

export interface Check {
  readonly name: string;
  run(): Promise<void> | void;
}

/** Runs one check. Rejects with what is no fault of the plugin. */
export async function outcomeOf({ name, run }: Check): Promise<Outcome> {
  try {
    await run();
    return { name, kind: "passed", reason: undefined };
  } catch (thrown) {
    if (thrown instanceof Skipped) return { name, kind: "skipped", reason: thrown.message };
    if (thrown instanceof Broken) return { name, kind: "failed", reason: thrown.message };
    throw thrown;
  }
}
