// Passive health checks: what requests see takes targets out, and what is the gateway's own doing does not.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Pools } from "../harness/pools.ts";
import { TargetProcess } from "../harness/target-process.ts";
import { closedPort, reply } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";
import { setHealth, untilHealth, upstreamStatus } from "../harness/upstreams-api.ts";

const NO_PEER = "failure to get a peer from the ring-balancer";
/** Whoever fails twice is out. */
const TWICE = { unhealthy: { tcp_failures: 2, http_failures: 2, timeouts: 2 } };

let down = 0;
const mortal = new TargetProcess("mortal");
after(() => mortal.kill());

const used = useGateway(async (ports) => {
  down = await closedPort();
  await mortal.start();
  return { config: configOf(ports), flags: ["--admin-listen", "127.0.0.1:0"] };
}, 2);

interface Checked {
  readonly passive?: Entry;
  readonly threshold?: number;
  readonly service?: Entry;
  readonly route?: Entry;
}

function configOf([first = 0, second = 0]: readonly number[]): Entry {
  const pools = new Pools();
  const add = (
    name: string,
    targets: readonly number[],
    { passive = TWICE, threshold = 0, service = {}, route = {} }: Checked = {},
  ): void =>
    pools.add(name, targets, {
      upstream: { healthchecks: { threshold, passive } },
      service: { read_timeout: 250, ...service },
      route,
    });
  add("refused", [down, second]);
  add("killed", [mortal.port, second]);
  add("failing", [first, second]);
  add("hanging", [first, second]);
  add("resetting", [first, second]);
  add("junk", [first, second]);
  add("recovering", [first, second]);
  add("innocent", [first], { route: { timeout: 100 } });
  add("aborting", [first], { service: { read_timeout: 5000 } });
  add("alone", [first]);
  add("threshold", [first, second], { threshold: 60 });
  add("kept", [first, second]);
  add("manual", [first, second], { passive: {} });
  return config(pools);
}

function targetOf(upstream: Upstream | undefined): string {
  return `127.0.0.1:${upstream?.port}`;
}

/** Sends requests one after the other; their statuses. */
async function statuses(path: string, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let sent = 0; sent < count; sent++) seen.push((await used.gateway.get(path)).status);
  return seen;
}

function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((one, other) => one - other);
}

function counts(): number[] {
  return used.upstreams.map((upstream) => upstream.requests.length);
}

/** The first target is out: it gets nothing, and the other one everything. */
async function assertFirstIsOut(name: string): Promise<void> {
  await untilHealth(used.gateway, `${name}.upstream`, "UNHEALTHY", "HEALTHY");
  const before = counts();
  assert.deepEqual(new Set(await statuses(`/${name}`, 10)), new Set([200]));
  assert.deepEqual(counts(), [before[0], (before[1] ?? 0) + 10]);
}

test("U1 passive checks: a target that refuses is tried twice and then no more", async () => {
  const mark = used.gateway.mark;
  assert.deepEqual(new Set(await statuses("/refused", 10)), new Set([200]));
  assert.equal(counts()[1], 10);
  const line = JSON.parse(await used.gateway.logged(/is unhealthy/, mark)) as Entry;
  assert.equal(line["upstream"], "refused.upstream");
  assert.equal(line["target"], `127.0.0.1:${down}`);
  assert.match(String(line["reason"]), /^passive check, tcp failure 2: upstream_connect_failed/);
  const status = await upstreamStatus(used.gateway, "refused.upstream");
  const [gone, left] = status.targets;
  assert.deepEqual(
    [gone?.health, left?.health, status.health],
    ["UNHEALTHY", "HEALTHY", "HEALTHY"],
  );
  assert.equal(status.healthy_weight_percent, 50);
  assert.equal(gone?.reason, line["reason"]);
  assert.ok(Math.abs(Date.parse(gone?.since ?? "") - Date.now()) < 60_000);
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const labels = { upstream: "refused.upstream", target: `127.0.0.1:${down}` };
  assert.equal(total(samples, "sluice_target_health", labels), 0);
  assert.equal(
    total(samples, "sluice_target_transitions_total", { ...labels, to: "unhealthy" }),
    1,
  );
  const other = { ...labels, target: targetOf(used.upstreams[1]) };
  assert.equal(total(samples, "sluice_target_health", other), 1);
});

test("U1 passive checks: a target that dies by SIGKILL is passed over without an error", async () => {
  assert.deepEqual(new Set(await statuses("/killed", 6)), new Set([200]));
  assert.equal(counts()[1], 3);
  await mortal.kill();
  assert.deepEqual(new Set(await statuses("/killed", 10)), new Set([200]));
  await untilHealth(used.gateway, "killed.upstream", "UNHEALTHY", "HEALTHY");
  // It is back, and nobody looks: an operator says so.
  await mortal.start();
  assert.equal(
    await setHealth(used.gateway, "killed.upstream", `127.0.0.1:${mortal.port}`, "healthy"),
    204,
  );
  const bodies = new Set<string>();
  for (let sent = 0; sent < 4; sent++) bodies.add((await used.gateway.get("/killed")).text);
  assert.deepEqual(bodies, new Set(["mortal", "ok"]));
});

test("passive checks: a target that answers 500 is out after two of them in a row", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  assert.deepEqual(ascending(await statuses("/failing", 4)), [200, 200, 500, 500]);
  await assertFirstIsOut("failing");
});

test("passive checks: a good answer in between takes failures back", async () => {
  const [first] = used.upstreams;
  let asked = 0;
  first!.answer = (_request, connection) =>
    connection.send(reply(asked++ % 2 === 0 ? "503 Busy" : "200 OK"));
  const seen = await statuses("/recovering", 20);
  assert.equal(seen.filter((status) => status === 503).length, 5);
  await untilHealth(used.gateway, "recovering.upstream", "HEALTHY", "HEALTHY");
});

test("U2 passive checks: a target that hangs is out after two time-outs", async () => {
  const [first] = used.upstreams;
  first!.answer = () => undefined;
  assert.deepEqual(ascending(await statuses("/hanging", 4)), [200, 200, 504, 504]);
  await assertFirstIsOut("hanging");
});

test("U1 passive checks: a target that resets connections is out", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.reset();
  assert.deepEqual(ascending(await statuses("/resetting", 4)), [200, 200, 502, 502]);
  await assertFirstIsOut("resetting");
});

test("U10 passive checks: a target that answers in no HTTP is out", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send("SSH-2.0-OpenSSH_9.6\r\n").end();
  assert.deepEqual(ascending(await statuses("/junk", 4)), [200, 200, 502, 502]);
  await assertFirstIsOut("junk");
});

test("passive checks: errors that the gateway makes itself never count", async () => {
  const [first] = used.upstreams;
  first!.answer = () => undefined;
  // The route's own time limit.
  assert.deepEqual(new Set(await statuses("/innocent", 4)), new Set([504]));
  // Clients that leave.
  for (let n = 0; n < 4; n++) {
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/aborting"));
    await first!.request(4 + n);
    client.abort();
  }
  // Idle connections that the target has closed.
  first!.reset();
  for (let n = 0; n < 4; n++) {
    assert.equal((await used.gateway.get("/innocent")).status, 200);
    first!.dropConnections();
    await first!.until(() => first!.openCount === 0, "no connection");
  }
  // Bad requests.
  await used.gateway.ask(head("GET /innocent HTTP/1.1", "Host: gw.test", "Content-Length: x"));
  for (const name of ["innocent", "aborting"]) {
    const { targets } = await upstreamStatus(used.gateway, `${name}.upstream`);
    assert.deepEqual(
      targets.map(({ health, active_tries }) => [health, active_tries]),
      [["HEALTHY", 0]],
    );
  }
});

test("U15 passive checks: with all targets out the answer is 503 at once, and no target is asked", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  await statuses("/alone", 2);
  const before = counts();
  const response = await used.gateway.get("/alone");
  assert.equal(response.status, 503);
  assert.equal((response.json() as Entry)["message"], NO_PEER);
  assert.deepEqual(counts(), before);
});

test("U15 passive checks: below the threshold of healthy weight the upstream answers 503", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  await statuses("/threshold", 4);
  const response = await used.gateway.get("/threshold");
  assert.equal(response.status, 503);
  assert.equal((response.json() as Entry)["message"], NO_PEER);
  const { health, targets } = await upstreamStatus(used.gateway, "threshold.upstream");
  assert.equal(health, "UNHEALTHY");
  assert.deepEqual(
    targets.map((target) => target.health),
    ["UNHEALTHY", "HEALTHY"],
  );
});

test("passive checks: health survives a reload of the config", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  await statuses("/kept", 4);
  const mark = used.gateway.mark;
  const next = configOf(used.upstreams.map(({ port }) => port));
  await used.gateway.writeConfig({
    ...next,
    services: [...(next["services"] as Entry[]), { name: "more", url: "http://127.0.0.1:1" }],
  });
  await used.gateway.logged(/reloaded/, mark);
  first!.reset();
  await assertFirstIsOut("kept");
});

test("health: an operator takes a target out and back", async () => {
  const [first] = used.upstreams;
  const set = (target: string, health: "healthy" | "unhealthy"): Promise<number> =>
    setHealth(used.gateway, "manual.upstream", target, health);
  assert.equal(await set(targetOf(first), "unhealthy"), 204);
  assert.deepEqual(new Set(await statuses("/manual", 6)), new Set([200]));
  assert.deepEqual(counts(), [0, 6]);
  const [target] = (await upstreamStatus(used.gateway, "manual.upstream")).targets;
  assert.deepEqual([target?.health, target?.reason], ["UNHEALTHY", "set by an operator"]);
  assert.equal(await set(targetOf(first), "healthy"), 204);
  await statuses("/manual", 4);
  assert.deepEqual(counts(), [2, 8]);
  assert.equal(await set("127.0.0.1:1", "healthy"), 404);
});
