// --workers: several threads serve one address with one config, one store and one set of metrics.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { Load } from "../harness/load.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import type { Sample } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";

const scratch = await useScratch();
const logPath = scratch.path("access.log");

const used = useGateway(([port = 0]) => ({
  config: withServices(port),
  flags: ["--workers", "2"],
}));

function withServices(port: number, ...more: Entry[]): Entry {
  const limited = { name: "rate-limiting", config: { hour: 10, policy: "local" } };
  const logged = { name: "file-log", config: { path: logPath } };
  return config({
    services: [
      service("plain", port, "/plain"),
      service("limited", port, "/limited", { plugins: [limited] }),
      service("logged", port, "/logged", { plugins: [logged] }),
      ...more,
    ],
  });
}

async function metrics(): Promise<Sample[]> {
  return parseMetrics((await used.gateway.status("/metrics")).text);
}

/** Requests that each worker has answered, worker 1 first. */
async function requestsByWorker(): Promise<number[]> {
  const samples = await metrics();
  return ["1", "2"].map((worker) => total(samples, "sluice_worker_requests_total", { worker }));
}

async function statuses(path: string, connections: number): Promise<number[]> {
  const answers = Array.from({ length: connections }, () => used.gateway.get(path));
  return (await Promise.all(answers)).map(({ status }) => status);
}

/** Every one of many connections gets that status: some reach each worker. */
async function untilAll(path: string, status: number): Promise<void> {
  await eventually(
    async () => ((await statuses(path, 24)).every((each) => each === status) ? true : undefined),
    `${status} at ${path} from all workers; log:\n${used.gateway.log}`,
  );
}

test("workers: each of them serves connections of the one address, and metrics are their sums", async () => {
  const before = await requestsByWorker();
  const samplesBefore = await metrics();
  assert.deepEqual(new Set(await statuses("/plain", 40)), new Set([200]));
  const after = await requestsByWorker();
  const gained = after.map((count, at) => count - (before[at] ?? 0));
  assert.ok(
    gained.every((count) => count > 0),
    `requests by worker: ${gained.join(", ")}`,
  );
  const requests = { service: "plain", route: "plain-route", code: "200" };
  const name = "sluice_http_requests_total";
  assert.equal(total(await metrics(), name, requests) - total(samplesBefore, name, requests), 40);
  assert.equal(gained[0] ?? 0, 40 - (gained[1] ?? 0));
});

test("workers: the status API tells of each", async () => {
  const clients = await Promise.all(
    Array.from({ length: 10 }, () => connect(used.gateway.proxyPort)),
  );
  for (const client of clients) await client.send(get("/plain")).response();
  const { server, workers } = (await used.gateway.status("/status")).json() as StatusReport;
  assert.deepEqual(
    workers.map(({ worker, state }) => [worker, state]),
    [
      [1, "serving"],
      [2, "serving"],
    ],
  );
  assert.equal(server.connections_active, 10);
  assert.equal(
    workers.reduce((sum, worker) => sum + worker.connections_active, 0),
    10,
  );
  for (const client of clients) client.socket.destroy();
});

interface StatusReport {
  readonly server: { readonly connections_active: number };
  readonly workers: readonly {
    readonly worker: number;
    readonly state: string;
    readonly crashes: number;
    readonly connections_active: number;
  }[];
}

test("R4 workers: of 64 concurrent clients exactly the limit of 10 passes, whichever worker they reach", async () => {
  const before = await requestsByWorker();
  const seen = await statuses("/limited", 64);
  assert.equal(seen.filter((status) => status === 200).length, 10);
  assert.equal(seen.filter((status) => status === 429).length, 54);
  const after = await requestsByWorker();
  assert.ok(after.every((count, at) => count > (before[at] ?? 0)));
});

test("workers: their lines in one log file are whole", async () => {
  assert.deepEqual(new Set(await statuses(`/logged?${"x".repeat(3000)}`, 200)), new Set([200]));
  const lines = await eventually(async () => {
    const text = await readFile(logPath, "utf8").catch(() => "");
    const found = text.split("\n").slice(0, -1);
    return found.length >= 200 ? found : undefined;
  }, "200 lines");
  assert.equal(lines.length, 200);
  for (const line of lines) JSON.parse(line);
});

test("G7 workers: a reload under load fails no request and is live in all of them", async () => {
  const load = new Load(used.gateway.proxyPort, "/plain", 8);
  for (const name of ["a", "b", "c"]) {
    await used.gateway.writeConfig(
      withServices(used.upstream.port, service(name, used.upstream.port, `/${name}`)),
    );
    await untilAll(`/${name}`, 200);
  }
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
  assert.ok(responses.length > 100);
  const { gateway } = used;
  assert.equal(gateway.log.split("\n").filter((line) => line.includes('"reloaded"')).length, 3);
});

test("G9 workers: a refused config leaves all of them on the old one, and the log says why once", async () => {
  const mark = used.gateway.mark;
  const fault = { plugins: [{ name: "rate-limiting", config: { policy: "local" } }] };
  await used.gateway.writeConfig(
    config({ services: [service("faulty", used.upstream.port, "/faulty", fault)] }),
  );
  await used.gateway.logged(/give at least one of/, mark);
  await untilAll("/plain", 200);
  assert.deepEqual(new Set(await statuses("/faulty", 24)), new Set([404]));
  const reasons = used.gateway.log.slice(mark).split("give at least one of").length - 1;
  assert.equal(reasons, 1);
  await used.gateway.writeConfig(withServices(used.upstream.port));
});

test("workers: a config that just one of them refuses goes live in none", async () => {
  const app = await scratch.write(
    "once.mjs",
    `import { mkdirSync } from "node:fs";
     mkdirSync(new URL("./taken", import.meta.url));
     export default { fetch: () => new Response("of the app") };`,
  );
  const mark = used.gateway.mark;
  const routes = [{ name: "once-route", paths: ["/once"] }];
  await used.gateway.writeConfig(
    withServices(used.upstream.port, { name: "once", url: `app:${app}`, routes }),
  );
  await used.gateway.logged(/reload refused.*EEXIST/, mark);
  assert.deepEqual(new Set(await statuses("/once", 24)), new Set([404]));
  await untilAll("/plain", 200);
  await used.gateway.writeConfig(withServices(used.upstream.port));
});
