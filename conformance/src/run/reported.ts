// What a runner's report leaves out: files that told of no test, which must never look like success.
import { relative, resolve } from "node:path";

import type { CaseResult } from "./junit.ts";

export interface HandedOut {
  /** Names the runner and its runtime. */
  readonly title: string;
  readonly cwd: string;
  /** The test files, absolute. */
  readonly files: readonly string[];
}

/**
 * The report's cases, and one failed case for each file that has none. A file that stands for itself is no case:
 * `node --test` reports a file without a test as a passed test of the file's own name, be the file empty or its
 * results lost on the way. `bun test` leaves such a file out.
 */
export function withUnreported(
  results: readonly CaseResult[],
  { title, cwd, files }: HandedOut,
): CaseResult[] {
  const cases = results.filter((result) => result.kind === "failed" || !isFileItself(result, cwd));
  const seen = new Set(cases.map(({ file }) => resolve(cwd, file)));
  const unreported = files
    .filter((file) => !seen.has(file))
    .map((file) => unreportedFile(`${title}: ${relative(cwd, file)}`));
  return [...cases, ...unreported];
}

function isFileItself({ name, file }: CaseResult, cwd: string): boolean {
  return file !== "" && resolve(cwd, name) === resolve(cwd, file);
}

function unreportedFile(name: string): CaseResult {
  const message = "reported no test: it did not load, is empty, or its results were lost";
  return { name, file: "", kind: "failed", message };
}
