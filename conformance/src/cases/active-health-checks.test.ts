// Active health checks: probes find targets that refuse, hang, fail or die before a request does, and find them back.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { Load } from "../harness/load.ts";
import { Pools } from "../harness/pools.ts";
import { TargetProcess } from "../harness/target-process.ts";
import { closedPort, reply } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";
import { untilHealth, upstreamStatus } from "../harness/upstreams-api.ts";

/** s */
const INTERVAL = 0.1;
const ONCE: Entry = {
  healthy: { interval: INTERVAL, successes: 1 },
  unhealthy: { interval: INTERVAL, tcp_failures: 1, http_failures: 1, timeouts: 1 },
};

let down = 0;
const mortal = new TargetProcess("mortal");
after(() => mortal.kill());

const used = useGateway(async (ports) => {
  down = await closedPort();
  await mortal.start();
  return { config: configOf(ports), flags: ["--workers", "1"] };
}, 3);

function configOf([probed = 0, second = 0, third = 0]: readonly number[]): Entry {
  const pools = new Pools();
  const add = (name: string, targets: readonly number[], active: Entry, more: Entry = {}): void => {
    const healthchecks = { active: { ...ONCE, http_path: `/probe/${name}`, ...active } };
    pools.add(name, targets, { upstream: { healthchecks, ...more } });
  };
  add("refused", [down, second], {});
  add("tcp", [down, second], { type: "tcp" });
  add("killed", [mortal.port, second, third], {});
  add("failing", [probed], {});
  add("hanging", [probed], { timeout: 0.15 });
  add("closing", [probed], {});
  add("junk", [probed], {});
  add("twice", [probed], {
    healthy: { interval: INTERVAL, successes: 3, http_statuses: [204] },
    unhealthy: { interval: INTERVAL, http_failures: 2, http_statuses: [418] },
  });
  add(
    "asked",
    [probed],
    { http_path: "/up?full=1", headers: { "X-Check": ["a", "b"] } },
    { host_header: "inner.test" },
  );
  add("healthy-only", [probed], { unhealthy: { interval: 0, http_failures: 1 } });
  add("off", [down, second], {
    healthy: { interval: 0 },
    unhealthy: { interval: 0, tcp_failures: 1 },
  });
  return config(pools);
}

/** The first upstream answers the probes of this name so, and all else well. */
function answerProbes(name: string, answer: Upstream["answer"]): void {
  const [probed] = used.upstreams;
  probed!.answer = (request, connection) => {
    if (request.target === `/probe/${name}`) answer(request, connection);
    else connection.send(reply("200 OK", "ok"));
  };
}

async function statuses(path: string, count: number): Promise<Set<number>> {
  const seen = new Set<number>();
  for (let sent = 0; sent < count; sent++) seen.add((await used.gateway.get(path)).status);
  return seen;
}

for (const type of ["refused", "tcp"]) {
  test(`U1 active checks: a target that refuses is out before any request comes (${type})`, async () => {
    const status = await untilHealth(used.gateway, `${type}.upstream`, "UNHEALTHY", "HEALTHY");
    assert.match(status.targets[0]?.reason ?? "", /^active check, tcp failure 1: /);
    assert.deepEqual(await statuses(`/${type}`, 5), new Set([200]));
  });
}

test("U1 active checks: one of three targets dies by SIGKILL under load and comes back: only what was in flight on it may fail", async () => {
  const name = "killed.upstream";
  await untilHealth(used.gateway, name, "HEALTHY", "HEALTHY", "HEALTHY");
  const clients = 4;
  const load = new Load(used.gateway.proxyPort, "/killed", clients);
  const mark = used.gateway.mark;
  await mortal.kill();
  await untilHealth(used.gateway, name, "UNHEALTHY", "HEALTHY", "HEALTHY");
  await used.gateway.logged(/is unhealthy: active check, tcp failure/, mark);
  await mortal.start();
  await untilHealth(used.gateway, name, "HEALTHY", "HEALTHY", "HEALTHY");
  await used.gateway.logged(/is healthy again: active check, success 1: status 200/, mark);
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  const lost = responses.map(({ status }) => status).filter((status) => status !== 200);
  assert.ok(lost.length <= clients && lost.every((status) => status === 502), lost.join());
  assert.ok(responses.length > lost.length);
  const bodies = new Set<string>();
  for (let sent = 0; sent < 6; sent++) bodies.add((await used.gateway.get("/killed")).text);
  assert.ok(bodies.has("mortal"));
});

const UNHEALTHY: Readonly<Record<string, [reason: RegExp, answer: Upstream["answer"]]>> = {
  failing: [
    /http failure 1: status 500/,
    (_request, connection) => connection.send(reply("500 Oops")),
  ],
  hanging: [/timeout 1: no answer in time/, () => undefined],
  closing: [/tcp failure 1: /, (_request, connection) => connection.reset()],
  junk: [
    /http failure 1: the answer is not HTTP/,
    (_request, connection) => connection.send("SSH-2.0-OpenSSH_9.6\r\n"),
  ],
};

for (const [name, [reason, answer]] of Object.entries(UNHEALTHY)) {
  test(`U15 active checks: a target that is ${name} is out, answers 503 at once, and is back by itself`, async () => {
    await untilHealth(used.gateway, `${name}.upstream`, "HEALTHY");
    answerProbes(name, answer);
    const status = await untilHealth(used.gateway, `${name}.upstream`, "UNHEALTHY");
    assert.match(status.targets[0]?.reason ?? "", reason);
    assert.equal((await used.gateway.get(`/${name}`)).status, 503);
    answerProbes("", () => undefined);
    await untilHealth(used.gateway, `${name}.upstream`, "HEALTHY");
    assert.equal((await used.gateway.get(`/${name}`)).status, 200);
  });
}

test("active checks: it takes as many answers of the named statuses as the config says", async () => {
  const [probed] = used.upstreams;
  const next: string[] = [];
  const asked: string[] = [];
  answerProbes("twice", (_request, connection) => {
    // 500 is in no list here: it says nothing.
    const status = next.shift() ?? "500 Nothing";
    asked.push(status);
    connection.send(reply(status));
  });
  const name = "twice.upstream";
  next.push("418 A", "204 B", "418 C", "500 D", "418 E");
  const out = await untilHealth(used.gateway, name, "UNHEALTHY");
  assert.match(out.targets[0]?.reason ?? "", /http failure 2: status 418/);
  assert.deepEqual(asked.slice(0, 5), ["418 A", "204 B", "418 C", "500 D", "418 E"]);
  next.push("204 F", "204 G", "418 H", "204 I", "204 J", "204 K");
  const back = await untilHealth(used.gateway, name, "HEALTHY");
  assert.match(back.targets[0]?.reason ?? "", /success 3: status 204/);
  assert.ok(asked.includes("204 K"));
  assert.ok(probed!.requests.length > 0);
});

test("active checks: a probe is a GET of the path with the headers and host of the config, on its own connection", async () => {
  const [probed] = used.upstreams;
  const isProbe = (target: string): boolean => target === "/up?full=1";
  await probed!.until(
    () => probed!.requests.some(({ target }) => isProbe(target)),
    "a probe of the path",
  );
  const probe = probed!.requests.find(({ target }) => isProbe(target));
  assert.equal(probe?.method, "GET");
  assert.equal(probe?.header("host"), "inner.test");
  assert.equal(probe?.header("connection"), "close");
  assert.deepEqual(probe?.all("x-check"), ["a", "b"]);
});

test("active checks: an unhealthy target is not probed when the interval for those is 0", async () => {
  const [probed] = used.upstreams;
  const name = "healthy-only";
  await untilHealth(used.gateway, `${name}.upstream`, "HEALTHY");
  answerProbes(name, (_request, connection) => connection.send(reply("500 Oops")));
  await untilHealth(used.gateway, `${name}.upstream`, "UNHEALTHY");
  const count = (target: string): number =>
    probed!.requests.filter((request) => request.target === target).length;
  const before = count(`/probe/${name}`);
  const others = count("/probe/failing");
  // Others are probed at the same interval.
  await probed!.until(() => count("/probe/failing") >= others + 3, "three rounds of probes");
  assert.equal(count(`/probe/${name}`), before);
});

test("active checks: with both intervals at 0 nothing is probed", async () => {
  const { health } = await upstreamStatus(used.gateway, "off.upstream");
  assert.equal(health, "HEALTHCHECKS_OFF");
  assert.deepEqual(await statuses("/off", 4), new Set([200]));
});

test("active checks: a reload that takes checks away ends them", async () => {
  const [probed] = used.upstreams;
  const mark = used.gateway.mark;
  await used.gateway.writeConfig(config({ services: [] }));
  await used.gateway.logged(/reloaded/, mark);
  const count = (): number => probed!.requests.length;
  const before = count();
  // As long as it takes for a config with checks to be live again, no probe has come.
  const ports = used.upstreams.map(({ port }) => port);
  assert.equal((await used.gateway.status("/upstreams")).text, '{"data":[]}');
  assert.ok(count() - before <= 12, "what was under way, and no more");
  await used.gateway.writeConfig(configOf(ports));
  await untilHealth(used.gateway, "failing.upstream", "HEALTHY");
});
