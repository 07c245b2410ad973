// The composition root: the one place that makes the concrete parts and joins them.
import { detailOf } from "./errors.ts";
import { AppServer } from "./app/app-server.ts";
import { adminApp } from "./admin/app.ts";
import { assemble, assembleFile } from "./assemble.ts";
import type { AssemblyParts } from "./assemble.ts";
import { Deadlines } from "./deadlines.ts";
import { Http1Server } from "./http1/server.ts";
import { createLogger } from "./log.ts";
import type { Logger } from "./log.ts";
import { Pipeline } from "./pipeline.ts";
import { currentPlatform } from "./platform/current.ts";
import type { Address } from "./platform/socket.ts";
import { PluginLibrary } from "./plugins/wasm/library.ts";
import { logRecord } from "./record.ts";
import { Reloader } from "./reloader.ts";
import {
  DOWNSTREAM_OPTIONS,
  MAX_STORE_CHARACTERS,
  MAX_STORE_ENTRIES,
  TRANSPORT_OPTIONS,
} from "./settings.ts";
import type { Settings } from "./settings.ts";
import type { Snapshot } from "./snapshot.ts";
import { FileSinks } from "./sinks/file-sink.ts";
import { statusApp } from "./status/app.ts";
import { Metrics } from "./status/metrics.ts";
import { MemoryStore } from "./store/memory-store.ts";
import { Http1Transport } from "./upstream/http1-transport.ts";
import { look, watch } from "./watcher.ts";

/** A gateway that serves. */
export interface RunningGateway {
  readonly proxy: Address;
  readonly status: Address;
  readonly admin: Address | undefined;
  /** Reads config and plugins again. */
  reload(cause: string): Promise<void>;
  /** Stops accepting, lets requests finish within the drain time-out, and frees everything. */
  stop(): Promise<void>;
}

/** What {@link assemblyParts} makes, and what outlives each config. */
export interface GatewayParts extends AssemblyParts {
  readonly deadlines: Deadlines;
  readonly log: Logger;
  /** Writes what is queued for files and stops the clock. */
  close(): Promise<void>;
}

/** Starts everything and keeps it running. Throws ConfigRefused, or an Error when an address is taken. */
export async function startGateway(
  settings: Settings,
  pluginFolders: readonly string[],
): Promise<RunningGateway> {
  let proxyServer: Http1Server | undefined;
  const asRead = await look({
    files: [settings.config],
    folders: settings.pluginsDir === undefined ? [] : [settings.pluginsDir],
  });
  const parts = await gatewayParts(settings, pluginFolders, () => proxyServer?.connections ?? 0);
  const { metrics, log, library, deadlines } = parts;
  const fromFile = (): Promise<Snapshot> => assembleFile(settings.config, parts);
  const pipeline = new Pipeline(await fromFile(), { metrics, log });
  const reloader = new Reloader({ pipeline, library, metrics, log, assemble: fromFile });
  const stopping = new AbortController();
  const status = statusApp({
    metrics,
    connections: () => proxyServer?.connections ?? 0,
    requestsInFlight: () => pipeline.requestsInFlight,
    notReady: () => (stopping.signal.aborted ? "the gateway is shutting down" : undefined),
    isCurrent: () => reloader.isCurrent,
  });
  const platform = await currentPlatform();
  const listen = async (address: Address, handler: Pipeline | AppServer): Promise<Http1Server> => {
    try {
      const server = { platform, deadlines, handler, options: DOWNSTREAM_OPTIONS };
      return await Http1Server.listen(address, server);
    } catch (cause) {
      throw new Error(`cannot listen on ${address.host}:${address.port}: ${listenFault(cause)}`, {
        cause,
      });
    }
  };
  const statusServer = await listen(settings.statusListen, new AppServer(status));
  const proxy = (proxyServer = await listen(settings.proxyListen, pipeline));
  const admin = adminApp((text) =>
    reloader.reload("POST /config", () => assemble(text, settings.config, parts)),
  );
  const adminServer =
    settings.adminListen && (await listen(settings.adminListen, new AppServer(admin)));
  const onChange = async (changed: readonly string[]): Promise<void> => {
    const source = changed.includes(settings.config) ? fromFile : undefined;
    await reloader.reload(changed.join(", "), source);
  };
  const watching = watch(asRead, onChange, stopping.signal);
  return {
    proxy: proxy.address,
    status: statusServer.address,
    admin: adminServer?.address,
    reload: async (cause) => {
      await reloader.reload(cause, fromFile);
    },
    stop: async () => {
      stopping.abort();
      await watching;
      await proxy.drain(settings.drainTimeoutMs);
      await statusServer.drain(0);
      await adminServer?.drain(0);
      // The last responses are out; their log phase runs at the end of this turn.
      await new Promise((resolve) => setImmediate(resolve));
      pipeline.snapshot.retire();
      await parts.close();
    },
  };
}

/** The runtimes say it in different words, and one of them leaves out what matters. */
function listenFault(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") return "the address is already in use";
  return detailOf(cause);
}

/** The parts that live as long as the process. */
export async function gatewayParts(
  settings: Pick<Settings, "logLevel" | "pluginTimeoutMs">,
  pluginFolders: readonly string[],
  connections: () => number,
): Promise<GatewayParts> {
  const metrics = new Metrics(connections);
  const log = createLogger({
    level: settings.logLevel,
    onDropped: (lines) => metrics.countDroppedLines("gateway", lines),
  });
  const sinks = new FileSinks({
    onDropped: (_, lines) => metrics.countDroppedLines("file", lines),
    onFailed: (path, error) => log.error(`cannot write ${path}: ${String(error)}`),
  });
  const library = new PluginLibrary(pluginFolders);
  for (const refused of await library.scan()) log.error(`${refused.message}; the file is not used`);
  const deadlines = new Deadlines();
  const transport = new Http1Transport(await currentPlatform(), deadlines, TRANSPORT_OPTIONS);
  return {
    library,
    metrics,
    log,
    deadlines,
    transport,
    pluginCallLimitMs: settings.pluginTimeoutMs,
    services: {
      store: new MemoryStore({
        maxEntries: MAX_STORE_ENTRIES,
        maxCharacters: MAX_STORE_CHARACTERS,
        now: () => performance.now(),
      }),
      log,
      record: logRecord,
      appendToFile: (path, data, reopen) => sinks.append(path, data, reopen),
    },
    close: async () => {
      transport.close();
      await sinks.close();
      deadlines.stop();
      log.flush();
    },
  };
}
