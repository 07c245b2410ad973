// The request vectors once more, cut in pieces that the gateway reads one by one: what it answers and what reaches
// the upstream is the same as for the bytes in one piece.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { addHost, bodyFor, cutsOf, desyncVectors, llhttpVectors } from "../harness/vectors.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

interface Attempt {
  readonly id: string;
  readonly pieces: readonly string[];
}

/** Attempts that share the time they wait; each has an address of its own, which the upstream is told. */
const BATCH = 50;
/** Exchanges on another connection that must go by without a byte before the gateway counts as silent. */
const QUIET_PINGS = 3;

for (const vectors of [llhttpRequests(), desyncRequests()]) {
  const [first] = vectors;
  if (first === undefined) continue;
  const name = first.id.split("-", 1)[0];
  test(`vectors: ${vectors.length} of ${name} come to the same in pieces as in one`, async () => {
    const whole = await outcomes(vectors.map(({ id, raw }) => ({ id, pieces: [raw] })));
    const attempts = vectors.flatMap(({ id, raw }) =>
      cutsOf(raw).map((cut) => ({ id, pieces: [raw.slice(0, cut), raw.slice(cut)] })),
    );
    const cut = await outcomes(attempts);
    const expected = new Map(vectors.map(({ id }, at) => [id, whole[at]]));
    const differing = attempts
      .map(({ id, pieces }, at) => ({ id, pieces, came: cut[at], instead: expected.get(id) }))
      .filter(({ came, instead }) => came !== instead);
    assert.deepEqual(differing, []);
  });
}

function llhttpRequests(): { id: string; raw: string }[] {
  return llhttpVectors()
    .filter(({ type }) => type.startsWith("request"))
    .map(({ id, raw }) => ({ id, raw: addHost(raw) }));
}

function desyncRequests(): { id: string; raw: string }[] {
  return desyncVectors().map(({ id, raw }) => ({ id, raw: addHost(raw) + bodyFor(raw) }));
}

/** For each attempt: the statuses that came, whether the gateway closed, and what the upstream got. */
async function outcomes(attempts: readonly Attempt[]): Promise<string[]> {
  const all: string[] = [];
  const ping = await connect(used.gateway.proxyPort);
  for (let at = 0; at < attempts.length; at += BATCH) {
    all.push(...(await batchOutcomes(attempts.slice(at, at + BATCH), ping)));
  }
  ping.socket.destroy();
  return all;
}

async function batchOutcomes(attempts: readonly Attempt[], ping: Client): Promise<string[]> {
  used.upstream.reset();
  const { proxyPort } = used.gateway;
  const clients = await Promise.all(attempts.map((_, at) => connect(proxyPort, addressOf(at))));
  for (let step = 0; step < 2; step++) {
    for (const [at, client] of clients.entries()) {
      const piece = attempts[at]?.pieces[step];
      if (piece !== undefined) client.send(piece);
    }
    // What came before an answered ping has been read: the next piece is one of its own.
    await ping.send(get("/ping")).response();
  }
  await silence(clients, ping);
  await Promise.all(clients.map((client) => client.announcedClose()));
  const closed = clients.map((client) => client.isClosed);
  for (const client of clients) client.halfClose();
  const texts = await Promise.all(clients.map((client) => client.rest()));
  for (const client of clients) client.socket.destroy();
  return texts.map((text, at) => {
    const statuses = text.match(/HTTP\/1\.1 (?!100)\d{3}/g)?.join() ?? "no answer";
    return `${statuses}; ${closed[at] === true ? "closed" : "open"}; ${received(addressOf(at))}`;
  });
}

/** Waits until no client gets anything more. */
async function silence(clients: readonly Client[], ping: Client): Promise<void> {
  let before = -1;
  for (let quiet = 0; quiet < QUIET_PINGS; quiet++) {
    await ping.send(get("/ping")).response();
    const now = clients.reduce((sum, each) => sum + each.receivedBytes + Number(each.isClosed), 0);
    if (now !== before) quiet = 0;
    before = now;
  }
}

function addressOf(at: number): string {
  return `127.0.1.${at + 1}`;
}

function received(address: string): string {
  return used.upstream.requests
    .filter((request) => request.header("x-real-ip") === address)
    .map(({ method, target, body }) => `${method} ${target} ${sha256(body)}`)
    .join();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
