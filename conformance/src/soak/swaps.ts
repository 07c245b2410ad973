// Swaps one plugin's .wasm again and again under load: none of the requests may fail, and what the old versions held
// has to come back.
import { eventually } from "../harness/deadline.ts";
import { footprintOf } from "../harness/footprint.ts";
import type { Gateway } from "../harness/gateway.ts";
import { buildGuest } from "../harness/guests.ts";
import { Load } from "../harness/load.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

export interface SoakResult {
  readonly swaps: number;
  readonly requests: number;
  readonly failures: readonly string[];
  /** Answers that one version began and another one ended. */
  readonly mixed: number;
  /** From the file's write to the first answer of the new version, ms, sorted. */
  readonly toLiveMs: readonly number[];
  /** Live instances before the first swap and after the last. */
  readonly instances: readonly [before: number, after: number];
  /** After each tenth of the swaps, bytes; 0 where there is no /proc. */
  readonly residentBytes: readonly number[];
}

const VERSIONS = ["one", "two"] as const;
const CONNECTIONS = 4;

/** `versioned` (version one) serves on `/v` of the gateway. */
export async function swapUnderLoad(gateway: Gateway, swaps: number): Promise<SoakResult> {
  const files = await Promise.all(VERSIONS.map((version) => buildGuest(`versioned-${version}`)));
  const before = await instancesOf(gateway);
  const result = { requests: 0, mixed: 0 };
  const failures: string[] = [];
  const toLiveMs: number[] = [];
  const residentBytes: number[] = [];
  const tenth = Math.ceil(swaps / 10);
  for (let swap = 1; swap <= swaps; swap++) {
    const load = new Load(gateway.proxyPort, "/v", CONNECTIONS);
    const version = swap % VERSIONS.length;
    const startedAtMs = performance.now();
    await gateway.writePlugin("versioned", files[version] as Uint8Array);
    await eventually(async () => {
      const response = await gateway.get("/v");
      return response.header("x-access-version") === VERSIONS[version] ? true : undefined;
    }, `swap ${swap}`);
    toLiveMs.push(performance.now() - startedAtMs);
    const loaded = await load.stop();
    failures.push(...loaded.failures);
    for (const response of loaded.responses) {
      result.requests++;
      if (response.status !== 200) failures.push(`status ${response.status}`);
      const end = response.header("x-filter-version");
      if (end !== response.header("x-access-version")) result.mixed++;
    }
    if (swap % tenth === 0) residentBytes.push(await residentBytesOf(gateway));
  }
  const after = await eventually(async () => {
    const live = await instancesOf(gateway);
    return live <= before ? live : undefined;
  }, "the instances of old versions to end").catch(() => instancesOf(gateway));
  return {
    ...result,
    swaps,
    failures,
    toLiveMs: toLiveMs.toSorted((a, b) => a - b),
    instances: [before, after],
    residentBytes,
  };
}

async function instancesOf(gateway: Gateway): Promise<number> {
  const samples = parseMetrics((await gateway.status("/metrics")).text);
  return total(samples, "sluice_plugin_instances", { plugin: "versioned" });
}

async function residentBytesOf(gateway: Gateway): Promise<number> {
  const { pid } = gateway.process;
  return pid === undefined ? 0 : ((await footprintOf(pid))?.residentBytes ?? 0);
}
