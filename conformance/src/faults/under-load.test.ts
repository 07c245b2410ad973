// Faults while requests pour in: one of three targets killed, and all of them slow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { eventually } from "../harness/deadline.ts";
import { footprintOf } from "../harness/footprint.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { Load } from "../harness/load.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { untilHealth } from "../harness/upstreams-api.ts";
import { FaultyTarget } from "./faulty-target.ts";

const CONNECTIONS = 8;
const BOUND = 10;
/** Requests at once against targets that hang. */
const CROWD = 400;
/** What so many refused requests may cost for good; they hold no body. */
const GROWTH_BYTES = 48 * 1024 * 1024;
const POST =
  "POST /orders HTTP/1.1\r\nHost: gw\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody";

const targets = ["a", "b", "c"].map((name) => new FaultyTarget(name));
const [mortal] = targets as [FaultyTarget];
let gateway: Gateway;

before(async () => {
  await Promise.all(targets.map((target) => target.start()));
  const list = targets.map(({ address }) => ({ target: address }));
  const unhealthy = { tcp_failures: 1, http_failures: 1, timeouts: 1 };
  gateway = await startGateway({
    config: {
      _format_version: "3.0",
      upstreams: [
        {
          name: "checked",
          targets: list,
          healthchecks: {
            active: {
              timeout: 5,
              healthy: { interval: 0.1, successes: 1 },
              unhealthy: { interval: 0.1, ...unhealthy },
            },
            passive: { unhealthy },
          },
        },
        {
          name: "bounded",
          targets: list,
          circuit_breakers: {
            max_requests: BOUND,
            max_pending_requests: BOUND,
            pending_timeout: 200,
          },
        },
        {
          name: "down",
          targets: [{ target: "127.0.0.1:1" }],
          circuit_breakers: { retry_budget: { budget_percent: 20, min_retry_concurrency: 1 } },
        },
      ],
      services: [
        {
          name: "orders",
          host: "checked",
          retry_policy: { retry_on: ["connect-failure", "reset", "gateway-error"], num_retries: 2 },
          routes: [{ name: "orders", paths: ["/orders"] }],
        },
        {
          name: "slow",
          host: "bounded",
          read_timeout: 1500,
          routes: [{ name: "slow", paths: ["/slow"] }],
        },
        {
          name: "down",
          host: "down",
          retry_policy: {
            retry_on: ["connect-failure"],
            num_retries: 3,
            retry_back_off: { base_interval: 20, max_interval: 40 },
          },
          routes: [{ name: "down", paths: ["/down"] }],
        },
      ],
    },
  });
});

after(async () => {
  await gateway.stop();
  await Promise.all(targets.map((target) => target.kill()));
});

/** Kills a target under load and starts it again; the statuses that clients saw. */
async function killUnderLoad(request: string): Promise<Map<number, number>> {
  const load = new Load(gateway.proxyPort, "", CONNECTIONS, request);
  const some = (count: number): Promise<true> =>
    eventually(() => load.responses.length > count || undefined, `${count} responses`);
  await some(200);
  await mortal.kill();
  await untilHealth(gateway, "checked", "UNHEALTHY", "HEALTHY", "HEALTHY");
  await some(load.responses.length + 200);
  await mortal.start();
  await untilHealth(gateway, "checked", "HEALTHY", "HEALTHY", "HEALTHY");
  const before = load.responses.length;
  await some(before + 200);
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(
    responses.slice(before).some(({ text }) => text === mortal.name),
    "what came back gets requests again",
  );
  const counts = new Map<number, number>();
  for (const { status } of responses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

test("U1 faults: with one of three targets killed under load no idempotent request fails", async () => {
  const counts = await killUnderLoad(get("/orders"));
  assert.deepEqual([...counts.keys()], [200]);
});

test("U1 faults: of others at most those fail that were in flight on the killed target", async () => {
  const { [200]: _good, ...others } = Object.fromEntries(await killUnderLoad(POST));
  assert.ok(
    Object.keys(others).every((status) => status === "502"),
    JSON.stringify(others),
  );
  assert.ok((others["502"] ?? 0) <= CONNECTIONS, JSON.stringify(others));
});

test("O3 faults: with all targets slow the crowd gets 503 at once, and memory stays bounded", async () => {
  for (const target of targets) await target.behave("hangs");
  const pid = gateway.process.pid ?? 0;
  const before = await footprintOf(pid);
  const statuses: number[] = [];
  const order: number[] = [];
  const clients = await Promise.all(
    Array.from({ length: CROWD }, () => connect(gateway.proxyPort)),
  );
  await Promise.all(
    clients.map(async (client) => {
      const { status, headers } = await client.send(get("/slow")).response();
      order.push(status);
      statuses.push(status);
      if (status !== 503) return;
      assert.ok(headers.some(([name]) => name.toLowerCase() === "retry-after"));
    }),
  );
  const during = await footprintOf(pid);
  for (const client of clients) client.socket.destroy();
  // So many were at the targets until their time-out, the rest was not kept waiting for it.
  assert.equal(statuses.filter((status) => status === 504).length, BOUND);
  assert.equal(statuses.filter((status) => status === 503).length, CROWD - BOUND);
  assert.deepEqual(new Set(order.slice(-BOUND)), new Set([504]), "503 comes before any time-out");
  if (before !== undefined && during !== undefined) {
    const growth = during.residentBytes - before.residentBytes;
    assert.ok(growth < GROWTH_BYTES, `${growth} bytes more`);
  }
  for (const target of targets) await target.behave("good");
  assert.equal((await gateway.get("/slow")).status, 200);
});

test("O4 faults: retries to an upstream that is down stay within their budget", async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(gateway.proxyPort)));
  for (let turn = 0; turn < 4; turn++) {
    const answers = await Promise.all(
      clients.map((client) => client.send(get("/down")).response()),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([502]));
  }
  for (const client of clients) client.socket.destroy();
  const samples = parseMetrics((await gateway.status("/metrics")).text);
  const count = (outcome: string): number =>
    total(samples, "sluice_upstream_retries_total", { service: "down", outcome });
  assert.ok(count("sent") > 0, "some are tried again");
  assert.ok(count("sent") <= 200 * 0.2 + 4, `${count("sent")} retries of 200 requests`);
  assert.ok(count("budget_exhausted") > 0);
});
