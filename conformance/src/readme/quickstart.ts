// A gateway that is started by a line of the README or by `npm start`, on ports of its own.
import type { ChildProcess } from "node:child_process";

import { Watch } from "../harness/deadline.ts";
import { startShell, stopShell } from "./shell.ts";

const START_LIMIT_MS = 60_000;
const LISTEN = "--proxy-listen 127.0.0.1:0 --status-listen 127.0.0.1:0";

export class Quickstart {
  readonly #child: ChildProcess;
  readonly #watch: Watch = new Watch();
  #log = "";
  #proxyPort = "";
  #statusPort = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    const record = (text: string): void => {
      this.#log += text;
      this.#watch.notify();
    };
    child.stdout?.setEncoding("utf8").on("data", record);
    child.stderr?.setEncoding("utf8").on("data", record);
    child.on("close", () => record("\n(ended)\n"));
  }

  /** Runs the command, with free ports in place of the default ones, until it listens. */
  static async start(command: string, cwd?: string): Promise<Quickstart> {
    const isNpm = /^npm start\b/.test(command) && !/ -- /.test(command);
    const started = new Quickstart(startShell(`${command}${isNpm ? " --" : ""} ${LISTEN}`, cwd));
    await started.#listening();
    return started;
  }

  get log(): string {
    return this.#log;
  }

  /** A command that speaks to Kong's default ports, sent to this gateway's. */
  withPorts(command: string): string {
    return command
      .replaceAll(/(127\.0\.0\.1|localhost):8000\b/g, `127.0.0.1:${this.#proxyPort}`)
      .replaceAll(/(127\.0\.0\.1|localhost):8100\b/g, `127.0.0.1:${this.#statusPort}`);
  }

  async stop(): Promise<void> {
    await stopShell(this.#child);
  }

  async #listening(): Promise<void> {
    const find = (name: string): string | undefined =>
      new RegExp(`${name} listening on http://127\\.0\\.0\\.1:(\\d+)`).exec(this.#log)?.[1];
    [this.#proxyPort, this.#statusPort] = await this.#watch.until(
      () => {
        if (this.#log.includes("(ended)")) throw new Error(this.#log);
        const [proxy, status] = [find("proxy"), find("status")];
        return proxy === undefined || status === undefined ? undefined : [proxy, status];
      },
      () => `the listening lines in:\n${this.#log}`,
      START_LIMIT_MS,
    );
  }
}
