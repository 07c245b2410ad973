// After attacks of all kinds the process lives, serves and says so, and what they took of the machine comes back.
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { footprintOf } from "../harness/footprint.ts";
import type { Footprint } from "../harness/footprint.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";

/** The bound of invariant I6. */
const RECOVERY_MS = 60_000;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** Sockets that the check itself needs, and what a runtime opens when it likes. */
const MAX_MORE_DESCRIPTORS = 8;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 3;
const AT_ONCE = 50;

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

const HOST = "Host: gw.test";
const POST = head("POST /up HTTP/1.1", HOST, "Content-Length: 1000000");
const CHUNKED = head("POST /up HTTP/1.1", HOST, "Transfer-Encoding: chunked");

/** Bytes after which the gateway answers with an error or waits for more, and the client resets. */
const REQUESTS: Readonly<Record<string, string>> = {
  "both lengths": head("POST / HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked"),
  "a NUL": get("/x", "X: \0"),
  "an endless target": get(`/${"a".repeat(100_000)}`),
  "three thousand fields": get("/x", ...Array.from({ length: 3000 }, (_, at) => `X-${at}: y`)),
  "half a head": `GET /x HTTP/1.1\r\n${HOST}\r\nX-Half`,
  "part of a body": POST + "x".repeat(100_000),
  "a broken chunk": `${CHUNKED}5\r\nhelloXX`,
  "an endless extension": `${CHUNKED}5;${"a".repeat(100_000)}`,
  "many pipelined": get("/x").repeat(20),
  "noise of a TLS client": "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".repeat(50),
  nothing: "",
};

/** What an upstream answers with, and then resets or falls silent. */
const RESPONSES: Readonly<Record<string, string>> = {
  "both lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
  "half a head": "HTTP/1.1 200 OK\r\nX-Half",
  "part of a body": `HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${"x".repeat(500_000)}`,
  "a broken chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "interim ones without end": "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000),
  "two answers": reply("200 OK", "one") + reply("200 OK", "two"),
  "a banner": "SSH-2.0-OpenSSH_9.9\r\n",
};

test("I1, I6 recovery: after attacks the gateway serves, and memory and descriptors come back", async (t) => {
  // The first rounds warm up what only grows once.
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await attackOnce();
  const base = await settledFootprint();
  for (let round = 0; round < ROUNDS; round++) await attackOnce();
  await serves();
  if (base === undefined) return t.skip("this system has no /proc to read a process's memory from");
  let last: Footprint | undefined;
  await eventually(
    async () => {
      // A garbage collector runs when there is work.
      await atOnce(async () => void (await used.gateway.get("/after")));
      last = await settledFootprint();
      if (last === undefined) return undefined;
      const isSmall = last.residentBytes - base.residentBytes < MAX_GROWTH_BYTES;
      return isSmall && last.descriptors - base.descriptors <= MAX_MORE_DESCRIPTORS
        ? last
        : undefined;
    },
    () => `a return to ${JSON.stringify(base)}; it is ${JSON.stringify(last)}`,
    RECOVERY_MS,
  );
});

test("I6 recovery: clients that reset while pipelined requests are answered leave nothing behind", async () => {
  for (let round = 0; round < 40; round++) await atOnce(() => attackWith(get("/x").repeat(100), 0));
  await serves();
  await eventually(
    async () => ((await openConnections()) === 0 ? true : undefined),
    "the end of all connections",
    RECOVERY_MS,
  );
});

/** It may have much to do still, and must do it. */
async function serves(): Promise<void> {
  await eventually(
    async () => {
      const answers = [used.gateway.status("/health/live"), used.gateway.get("/after")];
      const settled = await Promise.allSettled(answers);
      const isFine = settled.every(
        (each) => each.status === "fulfilled" && each.value.status === 200,
      );
      return isFine ? true : undefined;
    },
    "an answer of the status API and of the upstream",
    RECOVERY_MS,
  );
}

async function openConnections(): Promise<number> {
  const { text } = await used.gateway.status("/metrics");
  return total(parseMetrics(text), "sluice_connections");
}

async function attackOnce(): Promise<void> {
  used.upstream.reset();
  for (const bytes of Object.values(REQUESTS)) await atOnce(() => attackWith(bytes));
  for (const bytes of Object.values(RESPONSES)) {
    for (const isReset of [true, false]) {
      used.upstream.answer = (_request, connection) => {
        connection.send(bytes);
        if (isReset) connection.reset();
      };
      await atOnce(() => attackWith(get("/down")));
    }
  }
  used.upstream.reset();
}

async function atOnce(attack: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, attack));
}

/** Sends the bytes, and resets once something has come back or nothing seems to come. */
async function attackWith(bytes: string, quietMs: number = 20): Promise<void> {
  const client = await connect(used.gateway.proxyPort);
  client.send(bytes);
  await client.settled(quietMs);
  client.abort();
}

/** Without the upstream connections that are kept for later. */
async function settledFootprint(): Promise<Footprint | undefined> {
  await eventually(
    () => {
      used.upstream.dropConnections();
      return used.upstream.openCount === 0 ? true : undefined;
    },
    "the upstream connections' end",
    RECOVERY_MS,
  );
  return footprintOf(used.gateway.process.pid ?? 0);
}
