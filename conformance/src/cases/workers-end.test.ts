// --workers: how several threads start and end together.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ask, get } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { spawnGateway, startGateway } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const TWO = ["--workers", "2"];

let upstream: Upstream;
before(async () => {
  upstream = await startUpstream();
});
after(() => upstream.close());

test("workers: SIGTERM lets requests finish in all of them", async () => {
  const gateway = await startGateway({ config: forwardAll(upstream.port), flags: TWO });
  const releases: (() => void)[] = [];
  upstream.answer = (_, connection) => {
    releases.push(() => void connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"));
  };
  const slow = Array.from({ length: 24 }, () => ask(gateway.proxyPort, get("/slow")));
  await upstream.until(() => releases.length === slow.length, "all slow requests");
  const samples = parseMetrics((await gateway.status("/metrics")).text);
  for (const worker of ["1", "2"]) {
    assert.ok(total(samples, "sluice_worker_connections", { worker }) > 0, `worker ${worker}`);
  }
  gateway.process.kill("SIGTERM");
  await eventually(
    async () => ((await gateway.status("/health/ready")).status === 503 ? true : undefined),
    "not ready",
  );
  for (const release of releases) release();
  const texts = (await Promise.all(slow)).map(({ text }) => text);
  assert.deepEqual(
    texts,
    Array.from(slow, () => "late"),
  );
  assert.equal(await gateway.ended(), 0);
  upstream.reset();
});

test("workers: what still runs after the drain limit is cut, and the gateway ends", async () => {
  const flags = [...TWO, "--drain-timeout", "200"];
  const gateway = await startGateway({ config: forwardAll(upstream.port), flags });
  upstream.answer = () => undefined;
  const stuck = Array.from({ length: 12 }, () =>
    ask(gateway.proxyPort, get("/stuck")).then(
      () => "answered",
      () => "cut",
    ),
  );
  await upstream.until(() => upstream.requests.length === stuck.length, "all stuck requests");
  gateway.process.kill("SIGTERM");
  assert.deepEqual(new Set(await Promise.all(stuck)), new Set(["cut"]));
  assert.equal(await gateway.ended(), 0);
  upstream.reset();
});

test("G1 workers: with a broken config nothing starts, and each fault is said once", async () => {
  const gateway = await spawnGateway({
    config: '_format_version: "3.0"\nservises: []\n',
    flags: TWO,
  });
  assert.equal(await gateway.ended(), 1);
  assert.equal(gateway.log.split("servises").length - 1, 1, gateway.log);
  assert.match(gateway.log, /gateway\.yaml:2:1/);
});

test("workers: an address that another gateway serves is refused, not shared", async () => {
  const first = await startGateway({ config: forwardAll(upstream.port), flags: TWO });
  const address = `127.0.0.1:${first.proxyPort}`;
  const second = await spawnGateway({
    config: forwardAll(upstream.port),
    flags: [...TWO, "--proxy-listen", address],
  });
  assert.equal(await second.ended(), 1);
  assert.ok(second.log.includes(`cannot listen on ${address}: the address is already in use`));
  await first.stop();
});

for (const workers of ["0", "-1", "two", "1.5", "257"]) {
  test(`workers: --workers ${workers} is refused with the right form`, async () => {
    const gateway = await spawnGateway({
      config: forwardAll(upstream.port),
      flags: [`--workers=${workers}`],
    });
    assert.equal(await gateway.ended(), 2);
    assert.match(gateway.log, /--workers .*: expected a whole number, 1 to 256/);
  });
}
