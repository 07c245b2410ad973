// From a config text to a snapshot: parse, check, start plugins and apps. All of it or nothing: whatever fails, what
// was started is closed again and every fault is reported with its place.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { App } from "./app/app-transport.ts";
import { AppTransport } from "./app/app-transport.ts";
import { detailOf } from "./errors.ts";
import { formatFault, parseConfig } from "./config/parse-config.ts";
import type { ConfigFault, GatewayConfig, PluginConfig, ServiceConfig } from "./config/model.ts";
import type { HostServices } from "./plugins/wasm/host-services.ts";
import type { PluginLibrary } from "./plugins/wasm/library.ts";
import { EntryRefused, PluginRefused } from "./plugins/wasm/module.ts";
import { WasmPlugin } from "./plugins/wasm/wasm-plugin.ts";
import { credentialNames } from "./plugins/credential-names.ts";
import { Snapshot } from "./snapshot.ts";
import type { StartedPlugin } from "./snapshot.ts";
import type { Metrics } from "./status/metrics.ts";
import type { Transport } from "./upstream/transport.ts";

export interface AssemblyParts {
  readonly library: PluginLibrary;
  readonly services: HostServices;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly pluginCallLimitMs: number;
}

/** A config that was not taken: one line for each reason, with file, line and column where it has one. */
export class ConfigRefused extends Error {
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(reasons.join("\n"));
    this.name = "ConfigRefused";
    this.reasons = reasons;
  }
}

/** Waits between two attempts to replace a plugin's instance, ms. */
const INSTANCE_RETRY_DELAY_MS = 1000;

/** A config as it was written. */
export interface ConfigText {
  readonly text: string;
  /** What errors name and `app:` paths are relative to. */
  readonly file: string;
}

/** Throws {@link ConfigRefused}. */
export async function readConfig(file: string): Promise<ConfigText> {
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (error) {
    throw new ConfigRefused([`${file}: cannot be read: ${detailOf(error)}`]);
  }
}

/** Reads and assembles a config file. Throws {@link ConfigRefused}. */
export async function assembleFile(file: string, parts: AssemblyParts): Promise<Snapshot> {
  const { text } = await readConfig(file);
  return assemble(text, file, parts);
}

/** Throws {@link ConfigRefused}. */
export async function assemble(
  text: string,
  file: string,
  parts: AssemblyParts,
): Promise<Snapshot> {
  const parsed = parseConfig(text, { file, plugins: parts.library });
  if (parsed.kind === "invalid") {
    throw new ConfigRefused(parsed.faults.map((fault) => formatFault(file, fault)));
  }
  const { config } = parsed;
  const reasons: string[] = [];
  const apps = await loadApps(config, file, reasons);
  const plugins = await startPlugins(config, file, parts, reasons);
  if (reasons.length > 0) {
    for (const { plugin } of plugins.values()) plugin.close();
    throw new ConfigRefused(reasons);
  }
  for (const name of plugins.keys()) parts.library.accept(name);
  return new Snapshot({
    config,
    plugins,
    transport: (service) => apps.get(service) ?? parts.transport,
    routeStats: (service, route) => parts.metrics.route(service, route),
  });
}

async function startPlugins(
  config: GatewayConfig,
  file: string,
  parts: AssemblyParts,
  reasons: string[],
): Promise<Map<string, StartedPlugin>> {
  const byName = Map.groupBy(config.plugins, (entry) => entry.name);
  const started = new Map<string, StartedPlugin>();
  for (const [name, entries] of byName) {
    try {
      started.set(name, await startPlugin(name, entries, parts));
    } catch (error) {
      if (error instanceof PluginRefused) parts.library.refuse(name);
      reasons.push(formatFault(file, faultOf(error, entries)));
    }
  }
  return started;
}

async function startPlugin(
  name: string,
  entries: readonly PluginConfig[],
  parts: AssemblyParts,
): Promise<StartedPlugin> {
  const module = await parts.library.module(name);
  const plugin = await WasmPlugin.start(module, entries, {
    services: parts.services,
    stats: parts.metrics.plugin(name),
    callLimitMs: parts.pluginCallLimitMs,
    retryDelayMs: INSTANCE_RETRY_DELAY_MS,
  });
  return {
    plugin,
    credentialNames: entries.map((entry) => credentialNames(module.configSchema, entry.config)),
  };
}

/** A fault of a plugin stands where the entry that it concerns stands. */
function faultOf(error: unknown, entries: readonly PluginConfig[]): ConfigFault {
  const entry = entries[error instanceof EntryRefused ? error.entry : 0] ?? entries[0];
  const source = entry?.source ?? { path: "plugins", line: 1, column: 1 };
  return { ...source, message: detailOf(error) };
}

async function loadApps(
  config: GatewayConfig,
  file: string,
  reasons: string[],
): Promise<Map<ServiceConfig, Transport>> {
  const transports = new Map<ServiceConfig, Transport>();
  for (const service of config.services) {
    if (service.app === undefined) continue;
    try {
      transports.set(service, new AppTransport(await loadApp(service.app)));
    } catch (error) {
      reasons.push(formatFault(file, { ...service.source, message: detailOf(error) }));
    }
  }
  return transports;
}

async function loadApp(path: string): Promise<App> {
  const module: unknown = await import(pathToFileURL(path).href);
  const app =
    typeof module === "object" && module !== null && "default" in module && module.default;
  if (!isApp(app))
    throw new Error(`app ${path}: expected a default export with fetch, like a Hono app`);
  return app;
}

function isApp(value: unknown): value is App {
  return (
    typeof value === "object" &&
    value !== null &&
    "fetch" in value &&
    typeof value.fetch === "function"
  );
}
