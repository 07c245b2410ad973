// Bounds of upstreams and routes: what goes through, what waits, and what is refused at once.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { connect, get } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Pools } from "../harness/pools.ts";
import type { PoolFields } from "../harness/pools.ts";
import { reply } from "../harness/upstream.ts";
import type { UpstreamConnection } from "../harness/upstream.ts";
import { upstreamStatus } from "../harness/upstreams-api.ts";
import type { BoundsStatus } from "../harness/upstreams-api.ts";

/** No test waits for it. */
const LONG_MS = 600_000;

const used = useGateway(([first = 0, second = 0]) => {
  const pools = new Pools();
  const bounds = (circuit_breakers: Entry): PoolFields => ({ upstream: { circuit_breakers } });
  pools.add(
    "queue",
    [first],
    bounds({ max_requests: 2, max_pending_requests: 3, pending_timeout: LONG_MS }),
  );
  pools.add("impatient", [first], bounds({ max_requests: 1, pending_timeout: 80 }));
  pools.add("flood", [first, second], bounds({ max_requests: 2, max_pending_requests: 50 }));
  pools.add("sockets", [first, second], bounds({ max_connections: 2, pending_timeout: LONG_MS }));
  pools.add("single", [first, second], bounds({ max_connections: 1 }));
  const min_rtt_calc_params = { min_concurrency: 2, request_count: 4 };
  const adaptive_concurrency = { gradient_controller_config: { min_rtt_calc_params } };
  pools.add("adaptive", [first], { upstream: { adaptive_concurrency } });
  pools.services.push({
    name: "bulkheads",
    url: `http://127.0.0.1:${first}`,
    routes: [
      {
        name: "narrow",
        paths: ["/narrow"],
        strip_path: false,
        bulkhead: { max_concurrent_calls: 1 },
      },
      {
        name: "patient",
        paths: ["/patient"],
        strip_path: false,
        bulkhead: { max_concurrent_calls: 1, max_wait_duration: LONG_MS, queue_capacity: 1 },
      },
      { name: "wide", paths: ["/wide"], strip_path: false },
    ],
  });
  return { config: config(pools) };
}, 2);

/** The upstreams answer nothing before {@link Held.answer} says so. */
class Held {
  readonly connections: UpstreamConnection[] = [];

  constructor() {
    for (const upstream of used.upstreams) {
      upstream.answer = (_request, connection) => this.connections.push(connection);
    }
  }

  answer(): void {
    this.connections.shift()?.send(reply("200 OK", "ok"));
  }
}

const clients = new Set<Client>();
afterEach(() => {
  for (const client of clients) client.abort();
  clients.clear();
});

async function send(path: string): Promise<Client> {
  const client = await connect(used.gateway.proxyPort);
  clients.add(client);
  return client.send(get(path));
}

async function boundsOf(name: string): Promise<BoundsStatus> {
  const { circuit_breakers: bounds } = await upstreamStatus(used.gateway, `${name}.upstream`);
  assert.ok(bounds !== undefined);
  return bounds;
}

async function untilBounds(name: string, active: number, pending: number): Promise<void> {
  await eventually(async () => {
    const { active_requests, pending_requests } = await boundsOf(name);
    return active_requests === active && pending_requests === pending ? true : undefined;
  }, `${active} requests under way and ${pending} that wait`);
}

test("bounds: so many requests go through, so many wait in their order, the rest gets 503 at once", async () => {
  const held = new Held();
  const { upstream } = used;
  const through = [await send("/queue/1"), await send("/queue/2")];
  await untilBounds("queue", 2, 0);
  const waiting: Client[] = [];
  for (const n of [3, 4, 5]) {
    waiting.push(await send(`/queue/${n}`));
    await untilBounds("queue", 2, waiting.length);
  }
  const mark = used.gateway.mark;
  const refused = await used.gateway.get("/queue/6");
  assert.deepEqual([refused.status, refused.header("retry-after")], [503, "1"]);
  await used.gateway.logged(/queue_full, 2 requests are under way and 3 wait/, mark);
  assert.equal(upstream.requests.length, 2);
  // One that leaves gives its place in the queue up.
  waiting[0]?.abort();
  await untilBounds("queue", 2, 2);
  held.answer();
  assert.equal((await through[0]!.response()).status, 200);
  assert.equal((await upstream.request(2)).target, "/queue/4");
  held.answer();
  held.answer();
  assert.equal((await through[1]!.response()).status, 200);
  assert.equal((await waiting[1]!.response()).status, 200);
  assert.equal((await upstream.request(3)).target, "/queue/5");
  held.answer();
  assert.equal((await waiting[2]!.response()).status, 200);
  await untilBounds("queue", 0, 0);
  const { refused: counts } = await boundsOf("queue");
  assert.deepEqual(counts, { queue_full: 1, pending_timeout: 0, max_retries: 0 });
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const labels = { upstream: "queue.upstream", reason: "queue_full" };
  assert.equal(total(samples, "sluice_upstream_refused_total", labels), 1);
});

test("C4 bounds: of many clients that leave at once hardly one gets as far as a target", async () => {
  const held = new Held();
  const crowd = await Promise.all(Array.from({ length: 52 }, () => send("/flood")));
  await untilBounds("flood", 2, 50);
  const before = held.connections.map(({ index }) => index);
  for (const client of crowd) client.abort();
  await untilBounds("flood", 0, 0);
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("200 OK", "ok"));
  }
  const answers = await Promise.all([send("/flood"), send("/flood")]);
  await Promise.all(answers.map((client) => client.response()));
  const after = used.upstreams.map(({ requests }) => requests.at(-1)?.connection ?? 0);
  const opened = Math.max(...after) - Math.min(...before);
  assert.ok(opened < 10, `${opened} connections to a target`);
});

test("bounds: nobody waits for longer than the config says", async () => {
  const held = new Held();
  const first = await send("/impatient");
  await untilBounds("impatient", 1, 0);
  const refused = await used.gateway.get("/impatient");
  assert.deepEqual([refused.status, refused.header("retry-after")], [503, "1"]);
  held.answer();
  assert.equal((await first.response()).status, 200);
  const again = used.gateway.get("/impatient");
  await used.upstream.request(1);
  held.answer();
  assert.equal((await again).status, 200, "places that were left are free");
});

test("O3 bounds: with all targets slow a flood is refused at once and takes no memory", async () => {
  const held = new Held();
  const flood = await Promise.all(Array.from({ length: 200 }, () => send("/flood")));
  const answers = flood.map(async (client) => (await client.response()).status);
  let refused = 0;
  for (const answer of answers) void answer.then((status) => (refused += Number(status === 503)));
  await eventually(() => Promise.resolve(refused === 148 ? true : undefined), "148 answers");
  await untilBounds("flood", 2, 50);
  assert.equal(
    used.upstreams.reduce((sum, { requests }) => sum + requests.length, 0),
    2,
  );
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("200 OK"));
  }
  held.answer();
  held.answer();
  const statuses = await Promise.all(answers);
  assert.equal(statuses.filter((status) => status === 200).length, 52);
  await untilBounds("flood", 0, 0);
});

test("bounds: so many connections are open to all targets together, idle ones included", async () => {
  const [first, second] = used.upstreams;
  for (const upstream of used.upstreams) upstream.dropConnections();
  const open = (): number => first!.openCount + second!.openCount;
  await first!.until(() => first!.openCount === 0, "no connection");
  await second!.until(() => second!.openCount === 0, "no connection");
  const held = new Held();
  const four = [await send("/sockets"), await send("/sockets")];
  await untilBounds("sockets", 2, 0);
  four.push(await send("/sockets"), await send("/sockets"));
  await untilBounds("sockets", 2, 2);
  assert.equal(open(), 2);
  for (let n = 0; n < 4; n++) {
    await eventually(
      () => Promise.resolve(held.connections.length > 0 ? true : undefined),
      "a request",
    );
    held.answer();
  }
  for (const client of four) assert.equal((await client.response()).status, 200);
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("200 OK"));
    upstream.dropConnections();
  }
  // Each target's idle connection makes room for that to the other.
  for (let n = 0; n < 4; n++) {
    assert.equal((await used.gateway.get("/single")).status, 200);
    await eventually(() => Promise.resolve(open() === 1 ? true : undefined), "one connection");
  }
  assert.deepEqual([first!.requests.length > 1, second!.requests.length > 1], [true, true]);
});

test("bounds: a route with a bulkhead takes nothing from the others", async () => {
  const held = new Held();
  const narrow = await send("/narrow");
  await used.upstream.request(0);
  const refused = await used.gateway.get("/narrow");
  assert.deepEqual([refused.status, refused.header("retry-after")], [503, "1"]);
  const wide = [await send("/wide"), await send("/wide")];
  await used.upstream.request(2);
  for (let n = 0; n < 3; n++) held.answer();
  for (const client of [narrow, ...wide]) assert.equal((await client.response()).status, 200);

  const patient = [await send("/patient/1")];
  await used.upstream.request(3);
  patient.push(await send("/patient/2"));
  const waiting = async (): Promise<number> => {
    const samples = parseMetrics((await used.gateway.status("/metrics")).text);
    return total(samples, "sluice_bulkhead_waiting_calls", { route: "patient" });
  };
  await eventually(async () => ((await waiting()) === 1 ? true : undefined), "one that waits");
  assert.equal((await used.gateway.get("/patient/3")).status, 503);
  held.answer();
  assert.equal((await patient[0]!.response()).status, 200);
  assert.equal((await used.upstream.request(4)).target, "/patient/2");
  held.answer();
  assert.equal((await patient[1]!.response()).status, 200);
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  assert.equal(total(samples, "sluice_bulkhead_refused_total", { route: "narrow" }), 1);
  assert.equal(total(samples, "sluice_bulkhead_active_calls", { route: "patient" }), 0);
});

test("bounds: adaptive concurrency begins with a few, and grows when that goes well", async () => {
  const held = new Held();
  const few = [await send("/adaptive"), await send("/adaptive")];
  await untilBounds("adaptive", 2, 0);
  assert.equal((await used.gateway.get("/adaptive")).status, 503);
  for (const client of few) {
    held.answer();
    assert.equal((await client.response()).status, 200);
  }
  used.upstream.answer = (_request, connection) => connection.send(reply("200 OK"));
  await eventually(async () => {
    await used.gateway.get("/adaptive");
    return ((await boundsOf("adaptive")).limit ?? 0) > 2 ? true : undefined;
  }, "a higher limit");
});
