// Which runtime the gateway under test runs on, and how our CLI is started on it.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";

export const ROOT: string = resolve(import.meta.dirname, "../../..");

export type RuntimeName = "bun" | "node";

export const RUNTIME: RuntimeName = readRuntime();

function readRuntime(): RuntimeName {
  const name = process.env["CONFORMANCE_RUNTIME"] ?? "node";
  if (name === "bun" || name === "node") return name;
  throw new Error(`CONFORMANCE_RUNTIME must be bun or node, not ${name}`);
}

/** The runtime's own binary, never whatever stands first in PATH. */
export function runtimeBinary(name: RuntimeName = RUNTIME): string {
  return join(ROOT, "node_modules/.bin", name);
}

/** The environment without settings of the machine that would change the gateway. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SLUICE_|NODE_|CONFORMANCE_|FORCE_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: "1", ...extra };
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Limit on its open files, as by `ulimit -n`. */
  readonly openFiles?: number;
}

/** What a failed case leaves running must not outlive the tests. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a TypeScript program of the checkout on the runtime under test. */
export function spawnProgram(
  program: string,
  args: readonly string[],
  { env, cwd, openFiles }: SpawnOptions = {},
): ChildProcess {
  const path = resolve(ROOT, program);
  const command = [runtimeBinary(), "--conditions=sluice-source", path, ...args];
  const limited = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(openFiles), ...command];
  const [file = "", ...rest] = openFiles === undefined ? command : limited;
  const child = spawn(file, rest, {
    cwd: cwd ?? ROOT,
    env: cleanEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.on("close", () => running.delete(child));
  return child;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Kills it after `limitMs`. */
export async function runToEnd(child: ChildProcess, limitMs: number = 90_000): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const code = await new Promise<number | null>((end) => child.on("close", end));
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** `sluice …` on the runtime under test. */
export async function sluice(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Outcome> {
  return runToEnd(spawnProgram("runtime/src/cli.ts", args, options));
}
