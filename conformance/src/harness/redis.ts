// A real Redis, Debian's redis-server, on a port of its own.
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Watch } from "./deadline.ts";

/** Why there is none here; false when there is. */
export function withoutRedis(): string | false {
  const { status } = spawnSync("redis-server", ["--version"], { stdio: "ignore" });
  return status === 0 ? false : "redis-server not found. Run: apt-get install -y redis-server";
}

export class Redis {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #watch = new Watch();
  #log = "";

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
    process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
      this.#watch.notify();
    });
  }

  /** Keeps nothing on disk; with a password it wants that of everybody. */
  static async start(password?: string): Promise<Redis> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-redis-"));
    const port = await freePort();
    const options = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "no" };
    const child = spawn("redis-server", [
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...(password === undefined ? [] : ["--requirepass", password]),
    ]);
    const redis = new Redis(port, folder, child);
    await redis.#watch.until(
      () => (/Ready to accept connections/.test(redis.#log) ? true : undefined),
      () => `redis-server; its log:\n${redis.#log}`,
    );
    return redis;
  }

  /** It keeps its connections and says nothing any more. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port is free");
  return address.port;
}
