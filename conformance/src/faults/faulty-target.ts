// A target of the matrix in a process of its own: it misbehaves on demand, dies by SIGKILL, and comes back on its port.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";

import { Watch } from "../harness/deadline.ts";
import { killed } from "../harness/killed.ts";
import { runtimeBinary } from "../harness/runtime.ts";
import type { BehaviourName } from "./behaviours.ts";

const PROGRAM = join(import.meta.dirname, "faulty-program.ts");

export class FaultyTarget {
  /** Also the body of its good answers. */
  readonly name: string;
  port = 0;
  readonly #watch: Watch = new Watch();
  #child: ChildProcess | undefined;
  #said = "";

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** On the port that it had, if it had one. */
  async start(): Promise<void> {
    const args = [PROGRAM, this.name, String(this.port)];
    const child = spawn(runtimeBinary("node"), args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      this.#watch.notify();
    });
    this.port = Number(await this.#says(/^listening (\d+)$/m));
  }

  /** Resolves when requests get that from now on. */
  async behave(behaviour: BehaviourName): Promise<void> {
    this.#said = "";
    this.#child?.stdin?.write(`${behaviour}\n`);
    await this.#says(new RegExp(`^behaves (${behaviour})$`, "m"));
  }

  /** As by `kill -9`: nothing is closed in an orderly way. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    await killed(child);
  }

  #says(pattern: RegExp): Promise<string> {
    return this.#watch.until(
      () => pattern.exec(this.#said)?.[1],
      () => `${String(pattern)} from target ${this.name}, which said ${this.#said}`,
    );
  }
}
