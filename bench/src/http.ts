// One GET on a connection of its own: what a first answer takes, without a client's pool in between.
import { request } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "./children.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export type RequestHeaders = Readonly<Record<string, string>>;

const ANSWER_TIMEOUT_MS = 5000;

/** Rejects when the connection fails or no answer comes in five seconds. */
export function get(port: number, path: string, headers: RequestHeaders = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    { host: "127.0.0.1", port, path, headers, agent: false, timeout: ANSWER_TIMEOUT_MS },
    (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    },
  );
  outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer on port ${port}`)));
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

export interface FirstAnswerOptions {
  readonly port: number;
  readonly headers: RequestHeaders;
  readonly timeoutMs: number;
}

/** Asks until the first 200. Throws, with the child's last words, when it ends before or time runs out. */
export async function firstAnswer(child: Child, options: FirstAnswerOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  let last = "no connection";
  while (performance.now() < deadline) {
    if (child.hasExited()) throw new Error(`${child.name} ended: ${child.lastOutput()}`);
    try {
      const { status } = await get(options.port, "/", options.headers);
      if (status === 200) return;
      last = `status ${status}`;
    } catch (error) {
      // Not listening yet, or not ready: ask again until the deadline, then say what was last seen.
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(1);
  }
  throw new Error(`${child.name} did not answer 200 (${last}): ${child.lastOutput()}`);
}

/** A port that was free a moment ago; peers cannot be told to listen on port 0 and report it. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}
