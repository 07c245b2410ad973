// Makes the concrete parts of a thread that serves traffic and joins them: the main thread, or a worker.
import { JwtKeyCache } from "@sluice/plugin-sdk/crypto";
import { assemble } from "./assemble.ts";
import type { AssemblyParts } from "./assemble.ts";
import { bundledWasmDir } from "./bundled.ts";
import { ClientRules } from "./clients/client-rules.ts";
import { Deadlines } from "./deadlines.ts";
import { detailOf } from "./errors.ts";
import type { RefusalReason } from "./http1/admission.ts";
import type { RequestHandler } from "./http1/downstream.ts";
import { Http1Server } from "./http1/server.ts";
import type { ServerOptions } from "./http1/server.ts";
import { DEFAULT_DNS } from "./discovery/discovery.ts";
import type { Discovery } from "./discovery/discovery.ts";
import { threadDiscovery } from "./discovery-parts.ts";
import { createLogger } from "./log.ts";
import type { LoggerOptions, OutputLogger } from "./log.ts";
import { OutboundClient } from "./outbound/outbound-client.ts";
import { systemResolver } from "./outbound/system-resolver.ts";
import { currentPlatform } from "./platform/current.ts";
import type { Address } from "./platform/socket.ts";
import { connectRedis } from "./redis/redis-connection.ts";
import { RedisClients } from "./redis/redis-clients.ts";
import { ModuleSupply } from "./plugins/supply/module-supply.ts";
import { TrustedKeys } from "./plugins/supply/trusted-keys.ts";
import { RunningPlugins } from "./plugins/running-plugins.ts";
import { PluginLibrary } from "./plugins/wasm/library.ts";
import { MAX_MODULE_BYTES } from "./plugins/wasm/module.ts";
import { PinnedModules } from "./plugins/wasm/pinned-modules.ts";
import { ProxyThread } from "./proxy-thread.ts";
import { logRecord } from "./record.ts";
import { connectionTokens } from "./response-tokens.ts";
import { Subrequests } from "./subrequests.ts";
import { EnvironmentVault } from "./secrets/vault.ts";
import {
  DOWNSTREAM_OPTIONS,
  HEAD_LIMITS,
  MAX_STORE_CHARACTERS,
  MAX_STORE_ENTRIES,
  MODULE_TIMEOUT_MS,
  TRANSPORT_OPTIONS,
} from "./settings.ts";
import type { Settings } from "./settings.ts";
import { FileSinks } from "./sinks/file-sink.ts";
import { Sinks } from "./sinks/sinks.ts";
import { discoveryFamilies } from "./status/discovery-families.ts";
import { Metrics } from "./status/metrics.ts";
import { MemoryStore } from "./store/memory-store.ts";
import { SplitStore } from "./store/split-store.ts";
import type { Store } from "./store/store.ts";
import { bulkheadFamilies } from "./status/guard-families.ts";
import { upstreamFamilies } from "./status/upstream-families.ts";
import { Http1Transport } from "./upstream/http1-transport.ts";
import { threadUpstreams } from "./upstream-parts.ts";

/** For sinks to send what is queued, where nobody says how long, ms. */
const SINK_FLUSH_MS = 1000;
/** The same when requests took all of the drain time-out: their records have just been queued. */
const MIN_SINK_FLUSH_MS = 250;

/** What outlives each config. */
export interface ThreadParts extends AssemblyParts {
  readonly discovery: Discovery;
  readonly deadlines: Deadlines;
  readonly log: OutputLogger;
  /** Says whose connections the metrics tell of. */
  countConnections(count: () => number): void;
  /**
   * Sends what is queued in sinks, for so many ms at most, writes what is queued for files and the log, and stops the
   * clock; false when nobody takes the log's lines.
   */
  close(sinkLimitMs?: number): Promise<boolean>;
}

export interface ThreadOptions {
  readonly settings: Pick<Settings, "logLevel" | "pluginTimeoutMs"> &
    Partial<Pick<Settings, "load" | "workers" | "pluginKeys" | "dns">>;
  readonly pluginFolders: readonly string[];
  /** In this thread's memory by default. */
  readonly store?: Store;
  readonly log?: Pick<LoggerOptions, "write" | "fields">;
}

/** The traffic of this thread; nothing is served before it is given a config and an address. */
export function proxyThread(settings: Settings, parts: ThreadParts): ProxyThread {
  const { load, workers } = settings;
  const own: Partial<ServerOptions> = {
    clients: new ClientRules(settings.clients),
    tokens: connectionTokens(settings.responseTokens),
    // The threads have the process' limits among them.
    maxConnections: Math.ceil(load.maxConnections / workers),
    maxConnectionsPerIp: load.maxConnectionsPerIp,
    reusePort: load.reusePort || workers > 1,
  };
  const proxy = new ProxyThread({
    ...parts,
    maxRequests: Math.ceil(load.maxRequests / workers),
    assemble: (config) => assemble(config, parts),
    listen: (address, pipeline) => listen(address, pipeline, { settings, parts, own }),
  });
  parts.countConnections(() => proxy.connections);
  return proxy;
}

export interface ListenOptions {
  readonly settings: Pick<Settings, "requestTimeoutMs">;
  readonly parts: Pick<ThreadParts, "deadlines" | "metrics">;
  readonly own?: Partial<ServerOptions>;
}

/** Throws an Error that names the address when it cannot be listened on. */
export async function listen(
  address: Address,
  handler: RequestHandler,
  { settings, parts, own }: ListenOptions,
): Promise<Http1Server> {
  const { requestTimeoutMs } = settings;
  const options = { ...DOWNSTREAM_OPTIONS, ...own, requestTimeoutMs };
  const { deadlines, metrics } = parts;
  const onConnectionRefused = (reason: RefusalReason): void =>
    metrics.countRefusedConnection(reason);
  try {
    const platform = await currentPlatform();
    const server = { platform, deadlines, handler, options, onConnectionRefused };
    return await Http1Server.listen(address, server);
  } catch (cause) {
    throw new Error(`cannot listen on ${address.host}:${address.port}: ${listenFault(cause)}`, {
      cause,
    });
  }
}

/** The runtimes say it in different words, and one of them leaves out what matters. */
function listenFault(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") return "the address is already in use";
  return detailOf(cause);
}

/** The same, with the plugins that are there. */
export async function gatewayParts(
  settings: ThreadOptions["settings"],
  pluginFolders: readonly string[],
): Promise<ThreadParts> {
  const parts = await threadParts({ settings, pluginFolders });
  for (const refused of await parts.library.scan()) {
    parts.log.error(`${refused.message}; the file is not used`);
  }
  return parts;
}

/** Gets the modules that configs pin. One for the process: its workers are given what they need. */
export function moduleSupply(
  { pluginKeys = [] }: Partial<Pick<Settings, "pluginKeys">>,
  { pinned }: Pick<ThreadParts, "pinned">,
): ModuleSupply {
  return new ModuleSupply({
    keys: new TrustedKeys(pluginKeys),
    maxBytes: MAX_MODULE_BYTES,
    timeoutMs: MODULE_TIMEOUT_MS,
    check: async (plugin, module) => {
      await pinned.load(plugin, module);
    },
  });
}

/** The parts that live as long as the thread. */
export async function threadParts(options: ThreadOptions): Promise<ThreadParts> {
  const { settings, store } = options;
  let connections = (): number => 0;
  const metrics = new Metrics(() => connections());
  const log = createLogger({
    level: settings.logLevel,
    onDropped: (lines) => metrics.countDroppedLines("gateway", lines),
    onPluginDropped: (plugin) => metrics.countDroppedPluginLine(plugin),
    ...options.log,
  });
  const files = new FileSinks({
    onDropped: (_, lines) => metrics.countDroppedLines("file", lines),
    onFailed: (path, error) => log.error(`cannot write ${path}: ${String(error)}`),
  });
  const library = new PluginLibrary(options.pluginFolders, {
    bundledFolder: bundledWasmDir(),
    keys: new TrustedKeys(settings.pluginKeys ?? []),
  });
  const deadlines = new Deadlines((lateMs) => metrics.eventLoopLagMs.observe(lateMs));
  const transport = new Http1Transport(await currentPlatform(), deadlines, {
    ...TRANSPORT_OPTIONS,
    // As many as the clients may have; a gateway in another program's process knows nothing of its limits.
    maxConnections: Math.ceil(
      (settings.load?.maxConnections ?? Infinity) / (settings.workers ?? 1),
    ),
  });
  const resolve = systemResolver();
  const outbound = new OutboundClient({
    resolve,
    limits: HEAD_LIMITS,
    onDone: (plugin, outcome) => metrics.countFetch(plugin, outcome),
  });
  const sinks = new Sinks({ outbound, resolve, log });
  metrics.addSource(() => sinks.families());
  const redis = new RedisClients({
    resolve,
    connect: connectRedis,
    onChange: (server, isUp, detail) =>
      isUp ? log.info(`Redis ${server} is back`) : log.warn(`Redis ${server} is down: ${detail}`),
  });
  metrics.addSource(() => redis.families());
  const upstreams = threadUpstreams(await currentPlatform(), log, settings.workers ?? 1);
  metrics.addSource(() => upstreamFamilies(upstreams.report()));
  const discovery = threadDiscovery({ dns: settings.dns ?? DEFAULT_DNS, upstreams, log });
  metrics.addSource(() =>
    discoveryFamilies(discovery.complete(upstreams.report()), discovery.lookUps),
  );
  metrics.addSource(() => bulkheadFamilies(upstreams.bulkheads.report()));
  return {
    library,
    upstreams,
    discovery,
    running: new RunningPlugins(),
    pinned: new PinnedModules(),
    metrics,
    log,
    deadlines,
    transport,
    pluginCallLimitMs: settings.pluginTimeoutMs,
    services: {
      store: store ?? memoryStore(),
      secrets: new EnvironmentVault(process.env),
      jwtKeys: new JwtKeyCache(),
      metrics: metrics.pluginMetrics,
      log,
      outbound,
      sinks,
      subrequests: new Subrequests({
        deadlines,
        onDone: (plugin, outcome) => metrics.countFetch(plugin, outcome),
      }),
      redis,
      record: logRecord,
      appendToFile: (path, data, reopen) => files.append(path, data, reopen),
    },
    countConnections: (count) => {
      connections = count;
    },
    close: async (sinkLimitMs = SINK_FLUSH_MS) => {
      discovery.stop();
      upstreams.stop();
      transport.close();
      await sinks.close(Math.max(sinkLimitMs, MIN_SINK_FLUSH_MS));
      outbound.close();
      redis.close();
      await files.close();
      deadlines.stop();
      return log.flush();
    },
  };
}

/** Where one thread serves alone. */
function memoryStore(): Store {
  const part = (): Store =>
    new MemoryStore({
      maxEntries: MAX_STORE_ENTRIES,
      maxCharacters: MAX_STORE_CHARACTERS,
      now: () => performance.now(),
    });
  return new SplitStore(part(), part());
}
