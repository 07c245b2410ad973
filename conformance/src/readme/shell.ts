// Runs shell commands as a reader of the README would, with npm's binaries at hand.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";

import { cleanEnvironment, ROOT, runToEnd } from "../harness/runtime.ts";
import type { Outcome } from "../harness/runtime.ts";

const COMMAND_LIMIT_MS = 120_000;

export function startShell(command: string, cwd: string = ROOT): ChildProcess {
  const path = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  return spawn("bash", ["-euo", "pipefail", "-c", command], {
    cwd,
    env: cleanEnvironment({ PATH: path }),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what npm starts ends with it.
    detached: true,
  });
}

export async function runShell(command: string, cwd: string = ROOT): Promise<Outcome> {
  return runToEnd(startShell(command, cwd), COMMAND_LIMIT_MS);
}

/** Ends a shell and everything that it started. */
export async function stopShell(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid, "SIGTERM");
  await closed;
}
