// --workers: a thread that crashes is replaced, and takes nobody with it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { Load } from "../harness/load.ts";
import type { LoadResult } from "../harness/load.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import type { Sample } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";

const scratch = await useScratch();

const used = useGateway(([port = 0]) => ({
  config: withServices(port),
  flags: ["--workers", "2"],
}));

function withServices(port: number, ...more: Entry[]): Entry {
  return config({ services: [service("plain", port, "/plain"), ...more] });
}

async function metrics(): Promise<Sample[]> {
  return parseMetrics((await used.gateway.status("/metrics")).text);
}

/** Every one of many connections gets 200: some reach each worker. */
async function untilAll(path: string): Promise<void> {
  await eventually(async () => {
    const answers = Array.from({ length: 24 }, () => used.gateway.get(path));
    return (await Promise.all(answers)).every(({ status }) => status === 200) ? true : undefined;
  }, `200 at ${path} from all workers; log:\n${used.gateway.log}`);
}

/** An app that ends its worker on demand, after the answer. */
const CRASHING_APP = `export default {
  fetch(request) {
    if (request.url.endsWith("/crash")) setTimeout(() => { throw new Error("boom of the app"); }, 5);
    return new Response("of the app");
  },
};
`;

async function appRequests(): Promise<number> {
  return total(await metrics(), "sluice_http_requests_total", { service: "app" });
}

async function crashes(): Promise<number> {
  return total(await metrics(), "sluice_worker_crashes_total");
}

test("G11 workers: one that crashes under load costs its own connections only, and comes back", async () => {
  const app = await scratch.write("crashing.mjs", CRASHING_APP);
  const routes = [{ name: "app-route", paths: ["/app"] }];
  await used.gateway.writeConfig(
    withServices(used.upstream.port, { name: "app", url: `app:${app}`, routes }),
  );
  await untilAll("/app");
  const load = new Load(used.gateway.proxyPort, "/plain", 16);
  const counted = await appRequests();
  const crashesBefore = await crashes();
  const clients = await Promise.all(
    Array.from({ length: 24 }, () => connect(used.gateway.proxyPort)),
  );
  for (const client of clients) await client.send(get("/plain")).response();
  const mark = used.gateway.mark;
  await used.gateway.get("/app/crash");
  await used.gateway.logged(/worker [12] ended.*boom of the app/, mark);
  assert.equal(await appRequests(), counted + 1);
  const survivors = await Promise.all(clients.map(answers));
  const alive = survivors.filter(Boolean).length;
  assert.ok(alive > 0 && alive < clients.length, `${alive} of ${clients.length} connections live`);
  const { failures, responses } = await goesOn(load);
  assert.ok(failures.length > 0 && failures.length < 16, `${failures.length} of 16 failed`);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
  await used.gateway.logged(/worker [12] serves again/, mark);
  await untilAll("/plain");
  await untilAll("/app");
  assert.equal((await used.gateway.status("/health/ready")).status, 200);
  assert.equal(await crashes(), crashesBefore + 1);
  for (const client of clients) client.socket.destroy();
});

/** Some more responses, then the end. */
async function goesOn(load: Load): Promise<LoadResult> {
  const { length } = load.responses;
  await eventually(() => (load.responses.length > length + 50 ? true : undefined), "responses");
  return load.stop();
}

/** Whether the connection still takes a request. */
async function answers(client: Client): Promise<boolean> {
  try {
    return (await client.send(get("/plain")).response()).status === 200;
  } catch {
    return false;
  }
}

test("workers: a config that ends them again and again waits longer each time, and the next one mends it", async () => {
  const app = await scratch.write(
    "dying.mjs",
    `setTimeout(() => { throw new Error("dead on arrival"); }, 5);
     export default { fetch: () => new Response("never") };`,
  );
  const mark = used.gateway.mark;
  const routes = [{ name: "dying-route", paths: ["/dying"] }];
  await used.gateway.writeConfig(
    withServices(used.upstream.port, { name: "dying", url: `app:${app}`, routes }),
  );
  for (const worker of [1, 2]) {
    await used.gateway.logged(new RegExp(`worker ${worker} ended.* in 400 ms`), mark, 15_000);
  }
  assert.equal((await used.gateway.status("/health/live")).status, 200);
  const waits = [...used.gateway.log.slice(mark).matchAll(/worker 1 ended.* in (\d+) ms/g)];
  const waited = waits.map(([, ms]) => Number(ms)).slice(-3);
  assert.deepEqual(
    waited,
    waited.toSorted((a, b) => a - b),
  );
  await used.gateway.writeConfig(withServices(used.upstream.port));
  await eventually(
    async () => ((await used.gateway.status("/health/ready")).status === 200 ? true : undefined),
    `all workers; log:\n${used.gateway.log.slice(mark)}`,
    15_000,
  );
  await untilAll("/plain");
});
