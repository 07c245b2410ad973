// What plugins and their instances cost in memory: the gateway with 1 copy of a plugin and with 1 + N, RSS growth.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { firstAnswer, freePort, get } from "./http.ts";
import type { Lab } from "./lab.ts";
import { treeRssBytes } from "./proc.ts";
import type { Runtime } from "./sluice.ts";
import { sluiceCommand } from "./sluice.ts";
import type { Spread } from "./statistics.ts";
import { spread } from "./statistics.ts";

export interface InstanceCost {
  /** Growth by the growth of `sluice_plugin_instances`; what instances share is in it, so it is an upper bound. */
  readonly bytesPerInstance: Spread;
  /** Further instances that the growth was divided by. */
  readonly instances: number;
  /** Growth by further plugin: a module of its own, its compiled code and all its instances. */
  readonly bytesPerPlugin: Spread;
  readonly plugins: number;
}

export interface InstanceOptions {
  readonly runtime: Runtime;
  /** Plugins that are loaded besides the first. */
  readonly extra: number;
  readonly repeats: number;
}

const SOURCE_PLUGIN = "plugins/dist/correlation-id.wasm";
const IDLE_MS = 2000;

/** Throws when the gateway does not start or the plugin has not been built. */
export async function measureInstance(lab: Lab, options: InstanceOptions): Promise<InstanceCost> {
  const { runtime, extra } = options;
  const perInstance: number[] = [];
  const perPlugin: number[] = [];
  let instances = 0;
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const one = await loadCopies(lab, { runtime, copies: 1, areDistinct: false });
    const same = await loadCopies(lab, { runtime, copies: 1 + extra, areDistinct: false });
    const distinct = await loadCopies(lab, { runtime, copies: 1 + extra, areDistinct: true });
    // A gateway may share instances among plugins whose modules are equal; then only distinct ones add any.
    const most = instanceGrowth(one, same) >= extra ? same : distinct;
    instances = Math.max(1, instanceGrowth(one, most) || extra);
    perInstance.push((most.rssBytes - one.rssBytes) / instances);
    perPlugin.push((distinct.rssBytes - one.rssBytes) / extra);
  }
  return {
    bytesPerInstance: spread(perInstance),
    instances,
    bytesPerPlugin: spread(perPlugin),
    plugins: extra,
  };
}

interface Loaded {
  readonly rssBytes: number;
  /** Live instances by the gateway's own count; 0 where it has no such metric. */
  readonly instances: number;
}

interface LoadedOptions {
  readonly runtime: Runtime;
  readonly copies: number;
  /** Whether each copy is made another module than the rest. */
  readonly areDistinct: boolean;
}

async function loadCopies(lab: Lab, options: LoadedOptions): Promise<Loaded> {
  const { runtime, copies, areDistinct } = options;
  const pluginsDir = join(lab.runDir, `plugins-${areDistinct ? "distinct" : "same"}-${copies}`);
  const names = writeCopies(join(lab.root, SOURCE_PLUGIN), { pluginsDir, copies, areDistinct });
  const config = join(lab.runDir, `instances-${runtime}-${copies}.yaml`);
  writeFileSync(config, JSON.stringify(configWith(names, lab.upstreamPort)));
  const port = await freePort();
  const statusPort = await freePort();
  const command = sluiceCommand(lab, { runtime, config, port, statusPort, pluginsDir });
  const child = lab.children.start(`instances-${runtime}`, command, lab.root);
  await firstAnswer(child, { port, headers: {}, timeoutMs: 60_000 });
  // A gateway may wait with an instance until its first request.
  for (const name of names) {
    const { status, body } = await get(port, `/${name}`);
    if (status !== 200) throw new Error(`/${name} gave ${status}: ${body}`);
  }
  await delay(IDLE_MS);
  const rssBytes = treeRssBytes(child.pid);
  const { body } = await get(statusPort, "/metrics");
  await lab.children.stop(child);
  return { rssBytes, instances: sumMetric(body, "sluice_plugin_instances") };
}

function instanceGrowth(from: Loaded, to: Loaded): number {
  return to.instances - from.instances;
}

interface CopyOptions {
  readonly pluginsDir: string;
  readonly copies: number;
  readonly areDistinct: boolean;
}

function writeCopies(source: string, { pluginsDir, copies, areDistinct }: CopyOptions): string[] {
  mkdirSync(pluginsDir, { recursive: true });
  const module = readFileSync(source);
  return Array.from({ length: copies }, (_, index) => {
    const name = `copy-${index}`;
    const bytes = areDistinct ? Buffer.concat([module, customSection(name)]) : module;
    writeFileSync(join(pluginsDir, `${name}.wasm`), bytes);
    return name;
  });
}

/** A custom section that says nothing: it changes a module's hash and not what the module does. */
export function customSection(name: string): Buffer {
  const bytes = Buffer.from(name);
  // Wasm core specification 5.5.3: id 0, size, then the name as a vector; all lengths here fit one LEB128 byte.
  if (bytes.length > 100) throw new RangeError("the name of the section is too long");
  return Buffer.concat([Buffer.from([0, bytes.length + 1, bytes.length]), bytes]);
}

/** Sum over all label sets of a metric in Prometheus' text format; 0 when it is not there. */
export function sumMetric(text: string, name: string): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)))
    .reduce((sum, value) => sum + value, 0);
}

/** YAML 1.2 contains JSON, so an object is enough. */
function configWith(names: readonly string[], upstreamPort: number): unknown {
  const withPlugin = names.map((name) => ({
    name,
    paths: [`/${name}`],
    plugins: [{ name, config: { echo_downstream: true } }],
  }));
  return {
    _format_version: "3.0",
    services: [
      {
        name: "bench",
        url: `http://127.0.0.1:${upstreamPort}`,
        routes: [{ name: "all", paths: ["/"] }, ...withPlugin],
      },
    ],
  };
}
