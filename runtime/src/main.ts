// The composition root: joins what serves traffic with what steers and shows it.
import { AppServer } from "./app/app-server.ts";
import { adminApp } from "./admin/app.ts";
import { ConfigRefused, readConfig } from "./assemble.ts";
import type { ConfigText } from "./assemble.ts";
import type { Http1Server } from "./http1/server.ts";
import type { Address } from "./platform/socket.ts";
import { retryDelayMs } from "./plugins/supply/retry-delay.ts";
import type { PluginSource } from "./plugins/wasm/library.ts";
import type { Preparation } from "./proxy-thread.ts";
import { Reloader } from "./reloader.ts";
import type { Settings } from "./settings.ts";
import { statusApp } from "./status/app.ts";
import { processMetrics } from "./status/process-metrics.ts";
import { withModules } from "./supplied-config.ts";
import { listen, moduleSupply, proxyThread, threadParts } from "./thread-parts.ts";
import type { ThreadParts } from "./thread-parts.ts";
import type { Traffic } from "./traffic.ts";
import { look, watch } from "./watcher.ts";

/** A gateway that serves. */
export interface RunningGateway {
  readonly proxy: Address;
  readonly status: Address;
  readonly admin: Address | undefined;
  /** Reads config and plugins again. */
  reload(cause: string): Promise<void>;
  /**
   * Stops accepting, lets requests finish within the drain time-out, and frees everything. False when lines of the log
   * are left that nobody takes.
   */
  stop(): Promise<boolean>;
}

/** Starts everything and keeps it running. Throws ConfigRefused, or an Error when an address is taken. */
export async function startGateway(
  settings: Settings,
  pluginFolders: readonly string[],
): Promise<RunningGateway> {
  const asRead = await look({
    files: [settings.config],
    folders: settings.pluginsDir === undefined ? [] : [settings.pluginsDir],
  });
  const parts = await threadParts({ settings, pluginFolders });
  const { metrics, log } = parts;
  const fromFile = (): Promise<ConfigText> => readConfig(settings.config);
  const supply = moduleSupply(settings, parts);
  let schemas: PluginSource = parts.library;
  const replace = async (config: ConfigText): Promise<Preparation> => {
    const supplied = await withModules(config, supply, log);
    const outcome = await traffic.replace(supplied);
    if (outcome.kind === "prepared") {
      schemas = await parts.pinned.over(parts.library, supplied.modules ?? new Map());
    }
    return outcome;
  };
  const traffic =
    settings.workers === 1
      ? mainThreadTraffic(settings, parts)
      : await workersTraffic(settings, pluginFolders, parts);
  const first = await replace(await fromFile());
  for (const message of first.skippedFiles) log.error(`${message}; the file is not used`);
  if (first.kind === "refused") throw new ConfigRefused(first.reasons);
  const proxyAddress = await traffic.listen(settings.proxyListen);
  const reloader = new Reloader({
    replace,
    metrics,
    log,
    source: fromFile,
    retryDelayMs,
  });
  const stopping = new AbortController();
  const status = statusApp({
    families: async () => [...(await traffic.families()), ...processMetrics()],
    load: () => traffic.load(),
    upstreams: () => traffic.upstreams(),
    notReady: () =>
      stopping.signal.aborted
        ? "the gateway is shutting down"
        : (reloader.missing ?? traffic.notReady()),
    isCurrent: () => reloader.isCurrent,
  });
  const serve = (address: Address, app: ReturnType<typeof statusApp>): Promise<Http1Server> =>
    listen(address, new AppServer(app), { settings, parts });
  const statusServer = await serve(settings.statusListen, status);
  const admin = adminApp({
    apply: (text) =>
      reloader.reload("POST /config", () => Promise.resolve({ text, file: settings.config })),
    setTargetHealth: (...of) => traffic.setTargetHealth(...of),
    setBreakers: (...of) => traffic.setBreakers(...of),
    store: traffic.store,
    schema: async (name) => {
      await parts.library.scan();
      return schemas.schema(name);
    },
  });
  const adminServer = settings.adminListen && (await serve(settings.adminListen, admin));
  const onChange = async (changed: readonly string[]): Promise<void> => {
    const source = changed.includes(settings.config) ? fromFile : undefined;
    await reloader.reload(changed.join(", "), source);
  };
  const watching = watch(asRead, onChange, stopping.signal);
  return {
    proxy: proxyAddress,
    status: statusServer.address,
    admin: adminServer?.address,
    reload: async (cause) => {
      await reloader.reload(cause, fromFile);
    },
    stop: async () => {
      stopping.abort();
      reloader.stop();
      await watching;
      await new Promise((resolve) => setTimeout(resolve, settings.load.drainDelayMs));
      const endsAtMs = performance.now() + settings.drainTimeoutMs;
      await traffic.drain(settings.drainTimeoutMs);
      await statusServer.drain(0);
      await adminServer?.drain(0);
      return parts.close(endsAtMs - performance.now());
    },
  };
}

/** All in the main thread, as for one processor core it costs least. */
function mainThreadTraffic(settings: Settings, parts: ThreadParts): Traffic {
  const proxy = proxyThread(settings, parts);
  return {
    store: parts.services.store,
    replace: async (config) => {
      const outcome = await proxy.prepare(config);
      if (outcome.kind === "prepared") proxy.commit();
      return outcome;
    },
    listen: (address) => proxy.listen(address),
    families: () => Promise.resolve(parts.metrics.collect()),
    load: () => {
      const { connections, requestsInFlight } = proxy;
      return Promise.resolve({ connections, requestsInFlight });
    },
    upstreams: () => Promise.resolve(parts.discovery.complete(parts.upstreams.report())),
    setTargetHealth: (...of) => Promise.resolve(parts.upstreams.setHealth(...of)),
    setBreakers: (...of) => Promise.resolve(parts.upstreams.setBreakers(...of)),
    notReady: () => undefined,
    drain: (limitMs) => proxy.drain(limitMs),
  };
}

/** The code for several threads is loaded only where there are some. */
async function workersTraffic(
  settings: Settings,
  pluginFolders: readonly string[],
  parts: ThreadParts,
): Promise<Traffic> {
  const { Supervisor } = await import("./workers/supervisor.ts");
  const { log, metrics } = parts;
  // Workers share the address, so with another gateway there they would share it, too.
  const claim = async (address: Address): Promise<void> => {
    const nobody = new AppServer({ fetch: () => new Response(null, { status: 503 }) });
    await (await listen(address, nobody, { settings, parts })).drain(0);
  };
  return new Supervisor({ settings, pluginFolders, log, metrics, claim });
}
