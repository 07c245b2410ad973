// Health checks with several workers: each checks for itself, and the status API shows them as one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";
import {
  setCircuitBreaker,
  setHealth,
  untilHealth,
  upstreamStatus,
} from "../harness/upstreams-api.ts";

const NAME = "pool.upstream";

const used = useGateway(
  (ports) => ({
    config: config({
      services: [{ name: "pool", host: NAME, routes: [{ paths: ["/"] }] }],
      upstreams: [
        {
          name: NAME,
          targets: ports.map((port) => ({ target: `127.0.0.1:${port}` })),
          circuit_breaker: { per: "upstream" },
          circuit_breakers: { max_requests: 64 },
          healthchecks: {
            active: {
              http_path: "/probe",
              healthy: { interval: 0.1, successes: 1 },
              unhealthy: { interval: 0.1, http_failures: 1 },
            },
          },
        },
      ],
    }),
    flags: ["--workers", "2", "--admin-listen", "127.0.0.1:0"],
  }),
  2,
);

async function sent(count: number): Promise<number[]> {
  for (const upstream of used.upstreams) upstream.reset();
  const answers = Array.from({ length: count }, () => used.gateway.get("/x"));
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  return used.upstreams.map(
    ({ requests }) => requests.filter(({ target }) => target === "/x").length,
  );
}

test("health with workers: a target that fails its probes is out in each of them, and back in each", async () => {
  const [first] = used.upstreams;
  await untilHealth(used.gateway, NAME, "HEALTHY", "HEALTHY");
  const failing = (): void => {
    first!.answer = (request, connection) =>
      connection.send(reply(request.target === "/probe" ? "500 Oops" : "200 OK"));
  };
  failing();
  const inBoth = async (count: number): Promise<void> => {
    await eventually(async () => {
      const samples = parseMetrics((await used.gateway.status("/metrics")).text);
      const target = `127.0.0.1:${first!.port}`;
      return total(samples, "sluice_target_health", { target }) === count ? true : undefined;
    }, `${count} workers that take the target for healthy`);
  };
  await inBoth(0);
  const status = await untilHealth(used.gateway, NAME, "UNHEALTHY", "HEALTHY");
  assert.deepEqual(status.targets[0]?.unhealthy_workers, [1, 2]);
  const answers = Array.from({ length: 30 }, () => used.gateway.get("/x"));
  for (const { status: code } of await Promise.all(answers)) assert.equal(code, 200);
  assert.equal(first!.requests.filter(({ target }) => target === "/x").length, 0);
  first!.reset();
  await inBoth(2);
  const [toFirst = 0] = await sent(30);
  assert.ok(toFirst >= 10, `${toFirst} of 30 to the target that is back`);
});

test("health with workers: what an operator says holds in each of them", async () => {
  const [, second] = used.upstreams;
  const answerProbes = (): void => {
    // In no list of the config, so that probes say nothing.
    second!.answer = (request, connection) =>
      connection.send(reply(request.target === "/probe" ? "418 Teapot" : "200 OK"));
  };
  answerProbes();
  const target = `127.0.0.1:${second!.port}`;
  assert.equal(await setHealth(used.gateway, NAME, target, "unhealthy"), 204);
  const status = await untilHealth(used.gateway, NAME, "HEALTHY", "UNHEALTHY");
  assert.deepEqual(status.targets[1]?.unhealthy_workers, [1, 2]);
  const answers = Array.from({ length: 30 }, () => used.gateway.get("/x"));
  await Promise.all(answers);
  assert.equal(second!.requests.filter((request) => request.target === "/x").length, 0);
  assert.equal(await setHealth(used.gateway, NAME, "127.0.0.1:1", "unhealthy"), 404);
});

test("circuit breakers and bounds with workers: an operator's word holds in each, and bounds are shared", async () => {
  for (const upstream of used.upstreams) upstream.reset();
  assert.equal(await setCircuitBreaker(used.gateway, NAME, "forced_open"), 204);
  const answers = Array.from({ length: 20 }, () => used.gateway.get("/x"));
  for (const { status } of await Promise.all(answers)) assert.equal(status, 503);
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const inBoth = { upstream: NAME, state: "forced_open" };
  assert.equal(total(samples, "sluice_circuit_breaker_state", inBoth), 2);
  const status = await upstreamStatus(used.gateway, NAME);
  assert.deepEqual(
    [status.circuit_breaker?.state, status.circuit_breakers?.limit],
    ["forced_open", 64],
  );
  assert.equal(await setCircuitBreaker(used.gateway, NAME, "closed"), 204);
});
