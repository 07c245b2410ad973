// The corpus of hostile guests, those that can be loaded: each costs its own request and nobody else's.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { HARMLESS_BINARIES } from "../corpus/binaries.ts";
import { hostile } from "../corpus/read.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { Load } from "../harness/load.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

/** What each does that only the clock can end. */
const ENDLESS = [
  "loop-access",
  "loop-header-filter",
  "loop-nested",
  "loop-br-table",
  "loop-unrolled",
  "loop-of-calls",
  "loop-of-host-calls",
  "loop-of-host-work",
  "recursion-exponential",
  "calls-exponential",
  "tail-calls",
  "tail-calls-indirect",
  "fibonacci-indirect",
  "memory-fill",
  "memory-copy",
  "memory-grow",
  "table-grow",
  "table-fill",
  "catch-host-faults",
  "catch-own",
  "catch-tables",
  "catch-fuel",
] as const;

const TRAPS = [
  "recursion-endless",
  "recursion-large-frames",
  "trap",
  "trap-bounds",
  "trap-null-call",
  // No guest can catch it, on neither runtime.
  "catch-stack-overflow",
  "catch-tables-stack",
] as const;

const IN_LOG = "loop-log";

const IN_ENGINE = "builtin-loop";

const used = useGateway(async ([port = 0]) => {
  const at = (name: string): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`] }],
    plugins: [{ name }],
  });
  const harmless = Object.entries(HARMLESS_BINARIES);
  const texts = [...ENDLESS, ...TRAPS, IN_LOG];
  const built = await buildGuest(IN_ENGINE);
  return {
    config: config({
      services: [
        ...texts.map(at),
        at(IN_ENGINE),
        ...harmless.map(([name]) => at(name)),
        { name: "plain", url: `http://127.0.0.1:${port}`, routes: [{ paths: ["/plain"] }] },
      ],
    }),
    plugins: {
      [IN_ENGINE]: built,
      ...Object.fromEntries(texts.map((name) => [name, hostile(name)])),
      ...Object.fromEntries(harmless.map(([name, make]) => [name, make()])),
    },
  };
});

/** The request fails as any other that a plugin broke, and others go on meanwhile and afterwards. */
async function assertFailsAlone(name: string): Promise<void> {
  const load = new Load(used.gateway.proxyPort, "/plain", 2);
  const response = await used.gateway.get(`/${name}`);
  assert.equal(response.status, 500);
  assert.deepEqual(response.json(), {
    message: "An unexpected error occurred",
    request_id: response.header("x-request-id"),
  });
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(responses.every(({ status }) => status === 200));
  assert.equal((await used.gateway.get("/plain")).status, 200);
}

for (const name of ENDLESS) {
  const id = /memory|table|host-work/.test(name) ? "W2" : "W1";
  test(`${id} hostile: ${name} is stopped by its fuel: 500 for its request alone`, async () => {
    const { mark } = used.gateway;
    await assertFailsAlone(name);
    await used.gateway.logged(new RegExp(`${name}.*used up its time`), mark);
    // What replaced the broken instance is stopped just as well.
    assert.equal((await used.gateway.get(`/${name}`)).status, 500);
  });
}

for (const name of TRAPS) {
  test(`W3 hostile: ${name}: 500 for its request alone`, async () => {
    await assertFailsAlone(name);
    assert.equal((await used.gateway.get(`/${name}`)).status, 500);
  });
}

test("W1 hostile: TypeScript that loops inside of one function of the engine is stopped as well", async () => {
  const { mark } = used.gateway;
  await assertFailsAlone(IN_ENGINE);
  await used.gateway.logged(/builtin-loop.*used up its time/, mark);
});

test("W1 hostile: a loop in the log phase does not change the answer", async () => {
  const { mark } = used.gateway;
  assert.equal((await used.gateway.get(`/${IN_LOG}`)).status, 200);
  await used.gateway.logged(/loop-log.*used up its time/, mark);
  assert.equal((await used.gateway.get("/plain")).status, 200);
});

for (const name of Object.keys(HARMLESS_BINARIES)) {
  test(`W4 hostile: ${name} are odd and do no harm`, async () => {
    assert.equal((await used.gateway.get(`/${name}`)).status, 200);
  });
}

test("W1 hostile: fuel is counted", async () => {
  const { text } = await used.gateway.status("/metrics");
  const samples = parseMetrics(text);
  assert.ok(total(samples, "sluice_plugin_fuel_total", { plugin: "loop-access" }) > 0);
});

test("W1 hostile: after all of that no core is busy", async (t) => {
  const { pid } = used.gateway.process;
  const ticks = await cpuTicks(pid);
  if (ticks === undefined) return t.skip("needs /proc");
  let last = ticks;
  // A guest that still ran would take all of a core, in every interval.
  await eventually(async () => {
    const now = (await cpuTicks(pid)) ?? 0;
    const isResting = now - last <= 1;
    last = now;
    return isResting ? true : undefined;
  }, "an interval of 20 ms without work");
  return undefined;
});

/** In user and system mode, of all threads; undefined where there is no /proc. */
async function cpuTicks(pid: number | undefined): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}
