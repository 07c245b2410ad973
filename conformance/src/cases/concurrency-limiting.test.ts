// concurrency-limiting (local): no more at a time than the limit, and whatever becomes of a request, its place comes back.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, connect, get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => {
  const limited = (name: string, fields: Entry, ...more: Entry[]): Entry =>
    service(name, port, `/${name}`, {
      plugins: [
        { name: "concurrency-limiting", config: { limit_by: "service", ...fields } },
        ...more,
      ],
    });
  const last = { name: "request-termination", config: { status_code: 418, message: "no" } };
  return {
    config: config({
      services: [
        limited("one", { conn: 1 }),
        limited("ten", { conn: 10 }),
        limited("late", { conn: 1, burst: 1, default_conn_delay: 0.05 }),
        limited("refused", { conn: 1 }, last),
      ],
    }),
  };
});

/** A place comes back right after the response: a client that is quick may be there before it. */
async function untilPassed(path: string, wanted: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  while ((await used.gateway.get(path)).status !== wanted) {
    assert.ok(performance.now() < deadline, "the place never came back");
  }
}

test("R4 concurrency-limiting: of 100 at a time the limit passes", async () => {
  const waiting: (() => void)[] = [];
  used.upstream.answer = (_, connection) =>
    void waiting.push(() => void connection.send(reply("200 OK", "ok")));
  const answers = Array.from({ length: 100 }, () => ask(used.gateway.proxyPort, get("/ten")));
  await used.upstream.request(9);
  let refused = 0;
  const isFull = Promise.withResolvers<void>();
  for (const answer of answers) {
    void answer.then(({ status }) => {
      if (status === 503 && ++refused === 90) isFull.resolve();
    });
  }
  // None of the ten has ended by then.
  await isFull.promise;
  assert.equal(used.upstream.requests.length, 10);
  for (const release of waiting) release();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 10);
});

test("concurrency-limiting: the place of a client that left comes back", async () => {
  used.upstream.answer = () => undefined;
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/one"));
  await used.upstream.request();
  assert.equal((await used.gateway.get("/one")).status, 503);
  client.abort();
  used.upstream.reset();
  await untilPassed("/one", 200);
});

test("concurrency-limiting: so does that of a request whose upstream failed, or that a later plugin answered", async () => {
  used.upstream.answer = (_, connection) => connection.reset();
  for (let at = 0; at < 3; at++) await untilPassed("/one", 502);
  for (let at = 0; at < 3; at++) await untilPassed("/refused", 418);
});

test("concurrency-limiting: the burst is held back and passes", async () => {
  const waiting: (() => void)[] = [];
  used.upstream.answer = (_, connection) =>
    void waiting.push(() => void connection.send(reply("200 OK", "ok")));
  const first = used.gateway.get("/late");
  await used.upstream.request();
  const second = used.gateway.get("/late");
  await used.upstream.request(1);
  assert.equal((await used.gateway.get("/late")).status, 503);
  for (const release of waiting) release();
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
});
