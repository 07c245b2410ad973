// A target of an upstream in a process of its own: it can be killed, and it comes back on the same port.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

import { within } from "./deadline.ts";
import { killed } from "./killed.ts";
import { runtimeBinary } from "./runtime.ts";

/** Answers every request with 200 and its name. */
const SERVER = `
  const server = require("node:http").createServer((request, response) => {
    response.end(process.argv[1]);
  });
  server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log(server.address().port));
`;

export class TargetProcess {
  readonly name: string;
  port = 0;
  #child: ChildProcess | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** On the port that it had, if it had one. */
  async start(): Promise<void> {
    const child = spawn(runtimeBinary("node"), ["-e", SERVER, this.name, String(this.port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    const [line] = (await within(once(child.stdout, "data"), "the target's port")) as [Buffer];
    this.port = Number(line.toString());
  }

  /** As by `kill -9`: nothing is closed in an orderly way. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    await killed(child);
  }
}
