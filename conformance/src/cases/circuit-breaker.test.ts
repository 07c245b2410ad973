// Circuit breakers of targets: closed, open and half-open, as clients and targets see them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Pools } from "../harness/pools.ts";
import { reply } from "../harness/upstream.ts";
import { setCircuitBreaker, upstreamStatus } from "../harness/upstreams-api.ts";

const WAIT_MS = 1500;
/** No test waits for it. */
const LONG_MS = 600_000;

const used = useGateway(([first = 0, second = 0]) => {
  const pools = new Pools();
  const add = (
    name: string,
    targets: readonly number[],
    more: Entry,
    service: Entry = {},
  ): void => {
    const circuit_breaker = {
      sliding_window_size: 4,
      wait_duration_in_open_state: WAIT_MS,
      permitted_number_of_calls_in_half_open_state: 1,
      ...more,
    };
    pools.add(name, targets, { upstream: { circuit_breaker }, service });
  };
  add("alone", [first], {});
  add("pair", [first, second], { wait_duration_in_open_state: LONG_MS });
  add("slow", [first], {
    wait_duration_in_open_state: LONG_MS,
    slow_call_duration_threshold: 50,
    slow_call_rate_threshold: 50,
  });
  add("leaving", [first], {});
  add("whole", [first, second], { per: "upstream", wait_duration_in_open_state: LONG_MS });
  add("steered", [first, second], { wait_duration_in_open_state: LONG_MS });
  const onTimeouts = {
    failure_statuses: [429],
    record_exceptions: ["upstream_timeout"],
    wait_duration_in_open_state: LONG_MS,
  };
  add("timeouts", [first], onTimeouts, { read_timeout: 60, retries: 0 });
  add("shared", [first], { per: "route", wait_duration_in_open_state: LONG_MS });
  pools.services.push({
    name: "shared-again",
    host: "shared.upstream",
    routes: [{ name: "shared-again-route", paths: ["/again"], strip_path: false }],
  });
  return { config: config(pools), flags: ["--admin-listen", "127.0.0.1:0"] };
}, 2);

async function statuses(path: string, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let sent = 0; sent < count; sent++) seen.push((await used.gateway.get(path)).status);
  return seen;
}

async function stateOf(name: string): Promise<string | undefined> {
  const { targets } = await upstreamStatus(used.gateway, `${name}.upstream`);
  return targets[0]?.circuit_breaker?.state;
}

test("U15, O5 circuit breaker: it opens, fails fast, tries one request, and closes again", async () => {
  const [first] = used.upstreams;
  const mark = used.gateway.mark;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  assert.deepEqual(await statuses("/alone", 4), [500, 500, 500, 500]);
  await used.gateway.logged(/circuit breaker of target .* is open: 100 % of 4 calls failed/, mark);
  assert.equal(await stateOf("alone"), "open");
  const count = first!.requests.length;
  assert.deepEqual(await statuses("/alone", 3), [503, 503, 503]);
  assert.equal(first!.requests.length, count, "no request has reached it");

  // The first of the requests after the wait is the trial; while it is under way no other goes through.
  first!.answer = () => undefined;
  const trial = await eventually(async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/alone"));
    await Promise.race([
      client.response().catch(() => undefined),
      first!.request(count, 1000).catch(() => undefined),
    ]);
    if (first!.requests.length > count) return client;
    client.abort();
    return undefined;
  }, "a trial request");
  assert.equal(await stateOf("alone"), "half_open");
  assert.deepEqual(await statuses("/alone", 3), [503, 503, 503]);
  assert.equal(first!.requests.length, count + 1);

  // It leaves without a result, so that the next one is the trial.
  trial.abort();
  first!.answer = (_request, connection) => connection.send(reply("200 OK", "ok"));
  await eventually(
    async () => ((await used.gateway.get("/alone")).status === 200 ? true : undefined),
    "a request that goes through",
  );
  assert.equal(await stateOf("alone"), "closed");
  assert.deepEqual(new Set(await statuses("/alone", 5)), new Set([200]));
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const upstream = "alone.upstream";
  assert.equal(total(samples, "sluice_circuit_breaker_state", { upstream, state: "closed" }), 1);
  const transitions = (to: string): number =>
    total(samples, "sluice_circuit_breaker_transitions_total", { upstream, to });
  assert.deepEqual(["open", "half_open", "closed"].map(transitions), [1, 1, 1]);
});

test("circuit breaker: while that of one target is open the other gets everything", async () => {
  const [first, second] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("503 Busy"));
  await statuses("/pair", 8);
  const [toFirst, toSecond] = [first!.requests.length, second!.requests.length];
  assert.deepEqual(new Set(await statuses("/pair", 6)), new Set([200]));
  assert.deepEqual([first!.requests.length, second!.requests.length], [toFirst, toSecond + 6]);
});

test("circuit breaker: slow calls open it, too", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => {
    setTimeout(() => connection.send(reply("200 OK", "slow")), 120);
  };
  assert.deepEqual(await statuses("/slow", 4), [200, 200, 200, 200]);
  assert.deepEqual(await statuses("/slow", 1), [503]);
  assert.equal(await stateOf("slow"), "open");
});

test("circuit breaker: clients that leave do not open it", async () => {
  const [first] = used.upstreams;
  first!.answer = () => undefined;
  for (let n = 0; n < 6; n++) {
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/leaving"));
    await first!.request(n);
    client.abort();
  }
  first!.answer = (_request, connection) => connection.send(reply("200 OK", "ok"));
  assert.equal((await used.gateway.get("/leaving")).status, 200);
  assert.equal(await stateOf("leaving"), "closed");
});

test("circuit breaker: that of a whole upstream counts all targets and says when to come again", async () => {
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("500 Oops"));
  }
  const mark = used.gateway.mark;
  assert.deepEqual(await statuses("/whole", 4), [500, 500, 500, 500]);
  await used.gateway.logged(/circuit breaker of whole.upstream is open: 100 % of 4 calls/, mark);
  const [first, second] = used.upstreams;
  const counts = [first!.requests.length, second!.requests.length];
  assert.deepEqual(counts, [2, 2]);
  const refused = await used.gateway.get("/whole");
  assert.equal(refused.status, 503);
  const seconds = Number(refused.header("retry-after"));
  assert.ok(seconds > LONG_MS / 1000 - 60 && seconds <= LONG_MS / 1000, `Retry-After: ${seconds}`);
  assert.deepEqual([first!.requests.length, second!.requests.length], counts);
  const { circuit_breaker: breaker } = await upstreamStatus(used.gateway, "whole.upstream");
  assert.equal(breaker?.state, "open");
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  assert.ok(total(samples, "sluice_errors_total", { code: "circuit_open" }) > 0);
});

test("circuit breaker: each route to an upstream may have its own", async () => {
  const [first] = used.upstreams;
  first!.answer = ({ target }, connection) =>
    connection.send(reply(target.startsWith("/shared") ? "500 Oops" : "200 OK"));
  assert.deepEqual(await statuses("/shared", 6), [500, 500, 500, 500, 503, 503]);
  assert.deepEqual(await statuses("/again", 6), [200, 200, 200, 200, 200, 200]);
  const { routes } = await upstreamStatus(used.gateway, "shared.upstream");
  const states = routes?.map(({ route, circuit_breaker: { state } }) => [route, state]);
  assert.deepEqual(states, [
    ["shared-route", "open"],
    ["shared-again-route", "closed"],
  ]);
  assert.equal(
    await setCircuitBreaker(used.gateway, "shared.upstream/routes/shared-route", "closed"),
    204,
  );
  first!.answer = (_request, connection) => connection.send(reply("200 OK"));
  assert.deepEqual(await statuses("/shared", 2), [200, 200]);
});

test("circuit breaker: an operator forces it open or closed, and disables it", async () => {
  const [first, second] = used.upstreams;
  const mark = used.gateway.mark;
  const target = `steered.upstream/targets/127.0.0.1:${first!.port}`;
  assert.equal(await setCircuitBreaker(used.gateway, target, "forced_open"), 204);
  await used.gateway.logged(/of steered.upstream is forced_open: set by an operator/, mark);
  assert.deepEqual(new Set(await statuses("/steered", 4)), new Set([200]));
  assert.deepEqual([first!.requests.length, second!.requests.length], [0, 4]);
  assert.equal(await setCircuitBreaker(used.gateway, "steered.upstream", "FORCED_OPEN"), 204);
  const refused = await used.gateway.get("/steered");
  assert.deepEqual([refused.status, refused.header("retry-after")], [503, undefined]);
  assert.equal(await setCircuitBreaker(used.gateway, "steered.upstream", "disabled"), 204);
  for (const upstream of used.upstreams) {
    upstream.answer = (_request, connection) => connection.send(reply("500 Oops"));
  }
  assert.deepEqual(new Set(await statuses("/steered", 12)), new Set([500]), "nothing is counted");
  assert.equal(await stateOf("steered"), "disabled");
  assert.equal(await setCircuitBreaker(used.gateway, "steered.upstream", "closed"), 204);
  assert.deepEqual(new Set(await statuses("/steered", 2)), new Set([500]));
  assert.equal(await setCircuitBreaker(used.gateway, "steered.upstream", "half_open"), 400);
  assert.equal(await setCircuitBreaker(used.gateway, "nope.upstream", "open"), 404);
});

test("circuit breaker: what counts as a failure is what its config says", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.reset();
  assert.deepEqual(new Set(await statuses("/timeouts", 5)), new Set([502]), "no reset counts");
  first!.answer = (_request, connection) => connection.send(reply("429 Slow Down"));
  assert.deepEqual(await statuses("/timeouts", 1), [429]);
  first!.answer = () => undefined;
  assert.deepEqual(await statuses("/timeouts", 1), [504]);
  assert.deepEqual(await statuses("/timeouts", 1), [503], "2 of the last 4 have failed");
});
