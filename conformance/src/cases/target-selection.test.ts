// Which targets get requests: priorities and failover, panic, outlier detection, slow start.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Pools } from "../harness/pools.ts";
import type { PoolTarget } from "../harness/pools.ts";
import { closedPort, reply } from "../harness/upstream.ts";
import { setHealth, upstreamStatus } from "../harness/upstreams-api.ts";

const ONE_FAILURE: Entry = {
  passive: { healthy: { successes: 1 }, unhealthy: { http_failures: 1, tcp_failures: 1 } },
};
const EJECTING: Entry = {
  interval: 0.1,
  base_ejection_time: 0.4,
  max_ejection_percent: 50,
  consecutive_5xx: 3,
};

const used = useGateway(async (ports) => {
  const [down, ...live] = [await closedPort(), ...ports];
  return {
    config: configOf(down, live),
    flags: ["--workers", "1", "--admin-listen", "127.0.0.1:0"],
  };
}, 3);

function configOf(down: number, [first = 0, second = 0, third = 0]: readonly number[]): Entry {
  const pools = new Pools();
  const add = (name: string, targets: readonly PoolTarget[], upstream: Entry): void =>
    pools.add(name, targets, { upstream });
  add("failover", [first, second, [third, 1]], { healthchecks: ONE_FAILURE });
  add("retried", [down, [third, 1]], {});
  add("panic", [first, second], { healthchecks: ONE_FAILURE, healthy_panic_threshold: 51 });
  add("calm", [first, second], { healthchecks: ONE_FAILURE });
  add("outlier", [first, second], { outlier_detection: EJECTING });
  pools.add("innocent", [first, second], {
    upstream: { outlier_detection: EJECTING },
    route: { timeout: 60 },
  });
  add("spared", [first, second], { outlier_detection: { consecutive_5xx: 3 } });
  const slow = { slow_start: { window: 600 }, healthchecks: ONE_FAILURE };
  add("slow", [first, second], slow);
  add("slow-least", [first, second], { ...slow, algorithm: "least-connections" });
  return config(pools);
}

/** Sends requests one after the other; their statuses. */
async function send(name: string, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let sent = 0; sent < count; sent++) {
    statuses.push((await used.gateway.get(`/${name}`)).status);
  }
  return statuses;
}

/** How many of so many requests each upstream got, all of which went well. */
async function counts(name: string, count: number): Promise<number[]> {
  const before = used.upstreams.map(({ requests }) => requests.length);
  assert.deepEqual(new Set(await send(name, count)), new Set([200]));
  return used.upstreams.map(({ requests }, at) => requests.length - (before[at] ?? 0));
}

async function set(name: string, at: number, health: "healthy" | "unhealthy"): Promise<void> {
  const target = `127.0.0.1:${used.upstreams[at]?.port}`;
  assert.equal(await setHealth(used.gateway, `${name}.upstream`, target, health), 204);
}

async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  return total(parseMetrics((await used.gateway.status("/metrics")).text), name, labels);
}

test("priorities: the second gets what the first cannot carry, everything when it is gone, and nothing when it is back", async () => {
  const mark = used.gateway.mark;
  assert.deepEqual(await counts("failover", 20), [10, 10, 0]);
  await set("failover", 0, "unhealthy");
  await used.gateway.logged(/priority 1 of failover\.upstream is in use: /, mark);
  const [none, second = 0, third = 0] = await counts("failover", 200);
  assert.equal(none, 0);
  // Half of it can carry 70 % by the factor of 140; 6 standard deviations are 39 of 200.
  assert.ok(Math.abs(third - 60) <= 39 && second + third === 200, `${third} of 200`);
  await set("failover", 1, "unhealthy");
  assert.deepEqual(await counts("failover", 20), [0, 0, 20]);
  const { priorities } = await upstreamStatus(used.gateway, "failover.upstream");
  assert.deepEqual(
    priorities.map(({ priority, load }) => [priority, load]),
    [
      [0, 0],
      [1, 100],
    ],
  );
  const labels = { upstream: "failover.upstream", priority: "1" };
  assert.equal(await metric("sluice_upstream_priority_used", labels), 1);
  await set("failover", 0, "healthy");
  await set("failover", 1, "healthy");
  assert.deepEqual(await counts("failover", 20), [10, 10, 0]);
});

test("priorities: a request goes on to the next one when all targets of the first refuse it", async () => {
  assert.deepEqual(await counts("retried", 10), [0, 0, 10]);
});

test("U15 panic: with too few healthy all targets are used, without panic requests get 503 at once", async () => {
  const mark = used.gateway.mark;
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("500 Oops"));
  }
  assert.deepEqual(await send("panic", 6), [500, 500, 500, 500, 500, 500]);
  await used.gateway.logged(
    /priority 0 of panic\.upstream is in panic, all of its targets are used/,
    mark,
  );
  const { priorities, health } = await upstreamStatus(used.gateway, "panic.upstream");
  assert.deepEqual([priorities[0]?.is_panic, health], [true, "HEALTHY"]);
  assert.equal(await metric("sluice_upstream_priority_panic", { upstream: "panic.upstream" }), 1);
  assert.deepEqual(await send("calm", 6), [500, 500, 503, 503, 503, 503]);
  for (const upstream of used.upstreams) upstream.reset();
  assert.deepEqual(await counts("panic", 10), [5, 5, 0], "all of them, healthy or not");
  await used.gateway.logged(/priority 0 of panic\.upstream is no longer in panic/, mark);
});

test("outliers: a target with 5xx in a row is ejected, the other gets everything, and it comes back by itself", async () => {
  const [first] = used.upstreams;
  const mark = used.gateway.mark;
  first!.answer = (_request, connection) => connection.send(reply("503 Busy"));
  await send("outlier", 6);
  const line = await used.gateway.logged(
    /is ejected: consecutive_5xx, 3 in a row: status 503/,
    mark,
  );
  assert.match(line, new RegExp(`127\\.0\\.0\\.1:${first!.port}`));
  const labels = { upstream: "outlier.upstream", target: `127.0.0.1:${first!.port}` };
  assert.equal(
    await metric("sluice_target_ejections_total", { ...labels, detector: "consecutive_5xx" }),
    1,
  );
  first!.reset();
  await eventually(async () => {
    const { targets } = await upstreamStatus(used.gateway, "outlier.upstream");
    return targets.every(({ ejection }) => ejection === undefined) ? true : undefined;
  }, "the end of the ejection");
  await used.gateway.logged(/is no longer ejected: its ejection time is over/, mark);
  assert.deepEqual(await counts("outlier", 10), [5, 5, 0]);
});

test("outliers: an ejected target gets nothing, and each time it is out for longer", async () => {
  const [first] = used.upstreams;
  const seen: number[] = [];
  for (let round = 0; round < 2; round++) {
    const mark = used.gateway.mark;
    first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
    // One after the other, so that what is counted ends with the ejection.
    await eventually(async () => {
      await send("outlier", 2);
      return used.gateway.log.slice(mark).includes("is ejected") ? true : undefined;
    }, "an ejection");
    const line = JSON.parse(await used.gateway.logged(/is ejected/, mark)) as Entry;
    seen.push(Number(line["ejection_time_ms"]));
    const before = first!.requests.length;
    const answers = await Promise.all([1, 2, 3].map(() => used.gateway.get("/outlier")));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal(first!.requests.length, before);
    await used.gateway.logged(/is no longer ejected/, mark);
  }
  assert.ok((seen[1] ?? 0) >= (seen[0] ?? 0), seen.join());
});

test("outliers: what the gateway answers by itself ejects nobody", async () => {
  for (const upstream of used.upstreams) upstream.answer = () => undefined;
  assert.deepEqual(
    await send("innocent", 6),
    Array.from({ length: 6 }, () => 504),
  );
  for (const upstream of used.upstreams) upstream.reset();
  assert.deepEqual(await counts("innocent", 10), [5, 5, 0]);
});

test("outliers: no more than max_ejection_percent are ejected, and that is said", async () => {
  const [first] = used.upstreams;
  const mark = used.gateway.mark;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  await send("spared", 8);
  await used.gateway.logged(/is an outlier, but too many are out already: consecutive_5xx/, mark);
  first!.reset();
  assert.deepEqual(await counts("spared", 10), [5, 5, 0]);
});

for (const name of ["slow", "slow-least"]) {
  test(`slow start: a target that comes back gets a tenth of its weight at first (${name})`, async () => {
    assert.deepEqual(await counts(name, 20), [10, 10, 0]);
    await set(name, 0, "unhealthy");
    assert.deepEqual(await counts(name, 10), [0, 10, 0]);
    await set(name, 0, "healthy");
    const [first = 0, second = 0] = await counts(name, 110);
    assert.ok(Math.abs(first - 10) <= 2 && first + second === 110, `${first} of 110`);
    const { targets } = await upstreamStatus(used.gateway, `${name}.upstream`);
    assert.equal(targets[0]?.slow_start_percent, 10);
  });
}
