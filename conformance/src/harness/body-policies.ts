// Gateways whose services have policies on bodies, one service for each thing that a policy may do.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { get, head } from "./client.ts";
import type { Client } from "./client.ts";
import { config } from "./config.ts";
import type { Entry } from "./config.ts";
import { useGateway } from "./fixture.ts";
import type { Fixture } from "./fixture.ts";
import type { Gateway } from "./gateway.ts";
import { buildGuest } from "./guests.ts";
import { closedPort, reply } from "./upstream.ts";

/** A gateway with `conformance/src/guests/bodies-whole.ts` at `/read`, `/rewrite` and so on, and nothing at `/none`. */
export function useWholeBodyPolicies(): Fixture {
  return useGateway(async ([port = 0]) => {
    const at = (path: string, settings: Entry, more: readonly Entry[] = []): Entry => ({
      name: path,
      url: `http://127.0.0.1:${port}`,
      routes: [{ paths: [`/${path}`] }],
      plugins: [{ name: "bodies-whole", config: settings }, ...more],
    });
    const byChunk = (action: string): Entry => ({
      name: "bodies-by-chunk",
      config: { request: action, response: action },
    });
    return {
      config: config({
        services: [
          at("none", {}),
          at("read", { request: "read", response: "read" }),
          at("rewrite", { request: "rewrite", response: "rewrite" }),
          at("set", { request: "set", response: "set" }),
          at("empty", { request: "empty", response: "empty" }),
          at("small", { request: "read", max_bytes: 10 }),
          at("small-response", { response: "read", max_bytes: 10 }),
          at("catch", { request: "catch", response: "catch", max_bytes: 10 }),
          at("large", { request: "read", response: "read", max_bytes: 8_388_608 }),
          at("more-than-there-is", { request: "read", max_bytes: 100_000_000 }),
          at("answer", { request: "read", respond: true }),
          at("as-get", { method: "GET" }),
          at("as-head", { method: "HEAD" }),
          at("both", { request: "rewrite", response: "rewrite" }, [byChunk("upper")]),
          { ...at("two-targets", { request: "rewrite" }), url: "http://one-is-down" },
        ],
        upstreams: [
          {
            name: "one-is-down",
            targets: [
              { target: `127.0.0.1:${await closedPort()}` },
              { target: `127.0.0.1:${port}` },
            ],
          },
        ],
      }),
      plugins: {
        "bodies-whole": await buildGuest("bodies-whole"),
        "bodies-by-chunk": await buildGuest("bodies-by-chunk"),
      },
    };
  });
}

/** A gateway with `conformance/src/guests/bodies-by-chunk.ts` at `/upper`, `/double` and so on, and nothing at `/skip`. */
export function useChunkPolicies(): Fixture {
  return useGateway(async ([port = 0]) => {
    const at = (path: string, settings: Entry, more: Entry = {}): Entry => ({
      name: path,
      url: `http://127.0.0.1:${port}`,
      routes: [{ paths: [`/${path}`] }],
      plugins: [{ name: "bodies-by-chunk", config: settings, ...more }],
    });
    return {
      config: config({
        services: [
          at("pass", {}),
          at("upper", { request: "upper", response: "upper" }),
          at("double", { request: "double", response: "double" }),
          at("drop", { request: "drop", response: "drop" }),
          at("tail", { request: "tail", response: "tail" }),
          at("skip", { request: "skip", response: "skip" }),
          at("skip-rest", { request: "skip-rest", response: "skip-rest" }),
          at("throw-request", { request: "throw" }),
          at("throw-response", { response: "throw" }),
          at("loop-request", { request: "loop" }),
          at("open", { request: "throw", response: "throw" }, { fail_strategy: "fail_open" }),
        ],
      }),
      plugins: { "bodies-by-chunk": await buildGuest("bodies-by-chunk") },
    };
  });
}

export const CHUNKED = "Transfer-Encoding: chunked";

/** The head of a POST. */
export function post(path: string, ...lines: readonly string[]): string {
  return head(`POST ${path} HTTP/1.1`, "Host: gw.test", ...lines);
}

/** The connection still serves, and begins where the last message ended; `path` has no policy that changes anything. */
export async function assertServesOn(used: Fixture, client: Client, path: string): Promise<void> {
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK", "clean"));
  const response = await client.send(get(path)).response();
  assert.equal(response.text, "clean");
  client.abort();
}

/** Memory of the gateway's process. */
export async function residentBytes({ process }: Gateway): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
