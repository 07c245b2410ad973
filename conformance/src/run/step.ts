// One child process of the test run: its output goes straight to the screen, its end is a number.
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";

import { parseJunit } from "./junit.ts";
import type { CaseResult } from "./junit.ts";
import { withUnreported } from "./reported.ts";

export interface Command {
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The child is killed after this time: a hung suite must not hang the whole run. */
  readonly limitMs: number;
}

export interface CommandEnd {
  readonly code: number;
  readonly isTimedOut: boolean;
}

export async function run({
  title,
  program,
  args,
  cwd,
  env,
  limitMs,
}: Command): Promise<CommandEnd> {
  console.log(`\n== ${title}\n`);
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill("SIGKILL");
  }, limitMs);
  const code = await new Promise<number>((end) => {
    child.on("error", (error) => {
      console.log(`${program}: ${error.message}`);
      end(127);
    });
    child.on("close", (status) => end(status ?? 1));
  });
  clearTimeout(timer);
  return { code, isTimedOut };
}

export interface Suite extends Command {
  /** Where the runner writes its JUnit report. */
  readonly report: string;
  /** The test files, absolute. */
  readonly files: readonly string[];
}

/**
 * Runs a test runner and gives its cases. What the report does not show is a failed case of its own: a crash, a
 * run that was killed, a file that reported no test.
 */
export async function runSuite(suite: Suite): Promise<CaseResult[]> {
  await rm(suite.report, { force: true });
  const { code, isTimedOut } = await run(suite);
  const end = isTimedOut ? `killed after ${suite.limitMs / 1000} s` : `ended with ${code}`;
  let results: CaseResult[];
  try {
    results = parseJunit(await readFile(suite.report, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [failedCase(suite.title, `${end} without a whole report: ${why}`)];
  }
  const all = withUnreported(results, suite);
  const hasFailed = all.some(({ kind }) => kind === "failed");
  if (isTimedOut || (code !== 0 && !hasFailed)) return [...all, failedCase(suite.title, end)];
  return all;
}

function failedCase(name: string, message: string): CaseResult {
  return { name, file: "", kind: "failed", message };
}
