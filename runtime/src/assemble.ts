// From a config text to a snapshot: parse, check, start plugins and apps. All of it or nothing: whatever fails, what
// was started is closed again and every fault is reported with its place.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { App } from "./app/app-transport.ts";
import { AppTransport } from "./app/app-transport.ts";
import { detailOf } from "./errors.ts";
import { formatFault, parseConfig } from "./config/parse-config.ts";
import type { ConfigFault, GatewayConfig, PluginConfig, ServiceConfig } from "./config/model.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { RunningPlugins } from "./plugins/running-plugins.ts";
import type { HostServices } from "./plugins/wasm/host-services.ts";
import type { PluginLibrary, PluginSource } from "./plugins/wasm/library.ts";
import type { PinnedModules } from "./plugins/wasm/pinned-modules.ts";
import { EntryRefused, PluginRefused } from "./plugins/wasm/module.ts";
import type { PluginModule } from "./plugins/wasm/module.ts";
import { WasmPlugin } from "./plugins/wasm/wasm-plugin.ts";
import { ChainsRefused } from "./plugins/chains.ts";
import { effectiveGrants, missingCapabilities } from "./plugins/capabilities.ts";
import { credentialNames } from "./plugins/credential-names.ts";
import type { PluginEntry } from "./plugins/plugin.ts";
import type { SuppliedModules } from "./plugins/supply/module-supply.ts";
import { maskSecrets } from "./secrets/mask.ts";
import { Snapshot } from "./snapshot.ts";
import type { StartedPlugin } from "./snapshot.ts";
import type { Metrics } from "./status/metrics.ts";
import type { Transport } from "./upstream/transport.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

export interface AssemblyParts {
  readonly running: RunningPlugins;
  readonly library: PluginLibrary;
  readonly pinned: PinnedModules;
  readonly services: HostServices;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly upstreams: Upstreams;
  /** Undefined where nothing is to be asked of anybody, as in a check. */
  readonly discovery?: Discovery | undefined;
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

/** The log's level. */
const WARN = 2;
/** Waits between two attempts to replace a plugin's instance, ms. */
const INSTANCE_RETRY_DELAY_MS = 1000;

/** A config as it was written. */
export interface ConfigText {
  readonly text: string;
  /** What errors name and `app:` paths are relative to. */
  readonly file: string;
  /** Those that it pins. */
  readonly modules?: SuppliedModules;
}

/** Throws {@link ConfigRefused}. */
export async function readConfig(file: string): Promise<ConfigText> {
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (error) {
    throw new ConfigRefused([`${file}: cannot be read: ${detailOf(error)}`]);
  }
}

/** The config with the modules that it pins, see withModules. Throws {@link ConfigRefused}. */
export async function assemble(
  { text, file, modules }: ConfigText,
  parts: AssemblyParts,
): Promise<Snapshot> {
  const source = await parts.pinned.over(parts.library, modules ?? new Map());
  const parsed = parseConfig(text, { file, plugins: source, secrets: parts.services.secrets });
  if (parsed.kind === "invalid") {
    throw new ConfigRefused(parsed.faults.map((fault) => formatFault(file, fault)));
  }
  const { config } = parsed;
  const reasons: string[] = [];
  const apps = await loadApps(config, file, reasons);
  const plugins = await startPlugins(config, file, { ...parts, source }, reasons);
  if (reasons.length > 0) {
    for (const { plugin } of plugins.values()) plugin.close();
    throw new ConfigRefused(reasons);
  }
  for (const name of plugins.keys()) source.accept(name);
  const targets = await parts.discovery?.prepare(config);
  try {
    return new Snapshot({
      config,
      plugins,
      upstreams: parts.upstreams,
      targets,
      transport: (service) => apps.get(service) ?? parts.transport,
      routeStats: (service, route) => parts.metrics.route(service, route),
    });
  } catch (error) {
    targets?.stop();
    for (const { plugin } of plugins.values()) plugin.close();
    if (!(error instanceof ChainsRefused)) throw error;
    throw new ConfigRefused(error.faults.map((fault) => formatFault(file, fault)));
  }
}

interface SourcedParts extends AssemblyParts {
  readonly source: PluginSource;
}

async function startPlugins(
  config: GatewayConfig,
  file: string,
  parts: SourcedParts,
  reasons: string[],
): Promise<Map<string, StartedPlugin>> {
  const byName = Map.groupBy(config.plugins, (entry) => entry.name);
  const started = new Map<string, StartedPlugin>();
  for (const [name, entries] of byName) {
    if (parts.source.isAbsent(name)) continue;
    try {
      started.set(name, await startPlugin(name, entries, parts));
    } catch (error) {
      if (error instanceof PluginRefused) parts.source.refuse(name);
      reasons.push(formatFault(file, faultOf(error, entries)));
    }
  }
  return started;
}

async function startPlugin(
  name: string,
  entries: readonly PluginConfig[],
  parts: SourcedParts,
): Promise<StartedPlugin> {
  const { source, services } = parts;
  const module = await source.module(name, maxMemoryPages(entries));
  const guestEntries = entries.map((entry) => toPluginEntry(entry, module, source.isBundled(name)));
  for (const [index, { grants }] of guestEntries.entries()) {
    const missing = missingCapabilities(grants, module.capabilities).join(", ");
    const path = entries[index]?.source.path ?? "";
    if (missing === "" || entries[index]?.enabled === false) continue;
    services.log.write(name, WARN, `asks for ${missing}, which ${path}.grants does not grant`);
  }
  const identity = JSON.stringify([name, module.sha256, guestEntries]);
  // Hashed, because of the secrets in it.
  const key = createHash("sha256").update(identity).digest("base64");
  const plugin = await parts.running.acquire(key, () =>
    WasmPlugin.start(module, guestEntries, {
      services: parts.services,
      stats: parts.metrics.plugin(name),
      callLimitMs: parts.pluginCallLimitMs,
      retryDelayMs: INSTANCE_RETRY_DELAY_MS,
    }),
  );
  return {
    plugin,
    credentialNames: entries.map((entry) =>
      credentialNames(module.configSchema, entry.configWithSecrets),
    ),
  };
}

/** What all entries allow: they share the code, in which the limit stands. */
function maxMemoryPages(entries: readonly PluginConfig[]): number | undefined {
  const limits = entries.flatMap(({ limits: { memoryMb } }) => memoryMb ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits) * PAGES_PER_MIB;
}

const PAGES_PER_MIB = 16;

/** What the plugin sees of an entry: the secrets themselves, and nothing of scope and order. */
function toPluginEntry(
  entry: PluginConfig,
  { capabilities }: PluginModule,
  isBundled: boolean,
): PluginEntry {
  const { id, failStrategy, isolation, limits } = entry;
  const grants = effectiveGrants(entry.grants, capabilities, isBundled, entry.endpoints);
  return { id, config: entry.configWithSecrets, failStrategy, isolation, limits, grants };
}

/** A fault of a plugin stands where the entry that it concerns stands. */
function faultOf(error: unknown, entries: readonly PluginConfig[]): ConfigFault {
  const entry = entries[error instanceof EntryRefused ? error.entry : 0] ?? entries[0];
  const source = entry?.source ?? { path: "plugins", line: 1, column: 1 };
  // A plugin may quote what it does not like in its config.
  const message = maskSecrets(detailOf(error), entry?.config, entry?.configWithSecrets);
  return { ...source, message };
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
