// The end of a process, as by `kill -9`: nothing is closed in an orderly way.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Resolves when it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
