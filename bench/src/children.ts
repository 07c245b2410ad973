// Child processes that never outlive the bench. Each leads its own process group, so that workers go with it.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  hasExited(): boolean;
  /** The last lines that it wrote to stdout and stderr. */
  lastOutput(): string;
}

const OUTPUT_LINES = 20;
const STOP_GRACE_MS = 3000;

export class Children {
  readonly #outputDir: string;
  readonly #live = new Set<Child>();
  #started = 0;

  /** Output of the children goes to files in `outputDir`: a pipe would cost them time while we are busy. */
  constructor(outputDir: string) {
    this.#outputDir = outputDir;
  }

  /** Throws when the command does not exist. */
  start(name: string, command: readonly string[], cwd?: string): Child {
    const [program = "", ...args] = command;
    const outputFile = join(this.#outputDir, `${name}-${this.#started++}.out`);
    const output = openSync(outputFile, "a");
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output, output],
      ...(cwd === undefined ? {} : { cwd }),
    });
    closeSync(output);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    promise.catch(() => {}); // Some callers only stop() it; those that wait get the rejection too.
    if (child.pid === undefined) {
      child.once("error", reject);
      throw new Error(`cannot start ${program}`);
    }
    const entry: Child = {
      name,
      pid: child.pid,
      exited: promise,
      hasExited: () => !this.#live.has(entry),
      lastOutput: () => lastLines(readFileSync(outputFile, "utf8")),
    };
    this.#live.add(entry);
    child.once("exit", (code) => {
      this.#live.delete(entry);
      resolve(code);
    });
    return entry;
  }

  /** Asks it to end, and makes it after three seconds. */
  async stop(child: Child): Promise<void> {
    if (child.hasExited()) return;
    signalGroup(child.pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), STOP_GRACE_MS);
    await child.exited;
    clearTimeout(timer);
    signalGroup(child.pid, "SIGKILL");
  }

  /** Ends it and all that it started at once, as a crash of the machine would. */
  async kill(child: Child): Promise<void> {
    signalGroup(child.pid, "SIGKILL");
    await child.exited;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#live].map((child) => this.stop(child)));
  }

  /** Synchronous, for the process' exit event. */
  killAll(): void {
    for (const child of this.#live) signalGroup(child.pid, "SIGKILL");
  }
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-OUTPUT_LINES).join("\n");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has already ended, which is what is wanted.
  }
}
