// sluice start
import { fileURLToPath } from "node:url";
import { bundledWasmDir } from "../bundled.ts";
import { startGateway } from "../main.ts";
import type { RunningGateway } from "../main.ts";
import type { Address } from "../platform/socket.ts";
import { parseResponseTokens, RESPONSE_TOKEN_NAMES } from "../response-tokens.ts";
import type { ResponseTokens } from "../response-tokens.ts";
import type { Settings } from "../settings.ts";
import { CLIENT_OPTIONS, clientSettings } from "./client-options.ts";
import type { Command } from "./command.ts";
import { DNS_OPTIONS, dnsSettings } from "./dns-options.ts";
import { UsageError } from "./fault.ts";
import { KEY_OPTIONS, pluginKeys } from "./key-options.ts";
import { parseAddress, parseMilliseconds } from "./options.ts";
import type { ParsedOptions } from "./options.ts";
import { LOAD_OPTIONS, loadSettings } from "./load-options.ts";
import { pluginFolders } from "./plugin-folders.ts";
import { quickstartLines } from "./quickstart.ts";

const QUICKSTART_CONFIG = fileURLToPath(new URL("../../quickstart/sluice.yaml", import.meta.url));

export const startCommand: Command = {
  name: "start",
  usage: "sluice start [options]",
  summary: "Runs the gateway. Without --config it serves the quickstart.",
  options: {
    config: { value: "FILE", help: "declarative config, YAML or JSON" },
    "plugins-dir": { value: "DIR", help: "folder of NAME.wasm files, swapped when they change" },
    ...KEY_OPTIONS,
    "proxy-listen": { value: "HOST:PORT", help: "address for traffic", fallback: "127.0.0.1:8000" },
    "status-listen": {
      value: "HOST:PORT",
      help: "address for /status, /health and /metrics",
      fallback: "127.0.0.1:8100",
    },
    "admin-listen": {
      value: "HOST:PORT",
      help: "loopback address for POST /config and /schemas/plugins; off by default",
    },
    workers: { value: "N", help: "threads that serve traffic, one for each core", fallback: "1" },
    ...CLIENT_OPTIONS,
    ...LOAD_OPTIONS,
    ...DNS_OPTIONS,
    headers: {
      value: "LIST",
      help: "what responses say of the gateway: server_tokens, latency_tokens, a header, or off",
      fallback: "server_tokens",
    },
    "request-timeout": {
      value: "MS",
      help: "limit for receiving all of a request; 0 for none",
      fallback: "300000",
    },
    "log-level": { value: "LEVEL", help: "debug, info, warn, error or silent", fallback: "info" },
    "plugin-timeout": { value: "MS", help: "limit for one call of a plugin", fallback: "100" },
    "drain-timeout": { value: "MS", help: "limit for open requests at the end", fallback: "10000" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<undefined> {
    const settings = { ...settingsFrom(options), pluginKeys: await pluginKeys(options) };
    const gateway = await startGateway(settings, await pluginFolders(settings.pluginsDir));
    // In this order: who reads that it listens may signal it at once.
    stopOnSignals(gateway);
    announce(gateway, settings);
    return undefined;
  },
};

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"];

function settingsFrom(options: ParsedOptions): Omit<Settings, "pluginKeys"> {
  const [unexpected] = options.positionals;
  if (unexpected !== undefined) throw new UsageError(`start takes no argument, got ${unexpected}`);
  const logLevel = required(options, "log-level");
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new UsageError(`--log-level ${logLevel}: expected one of ${LOG_LEVELS.join(", ")}`);
  }
  return {
    config: options.text("config") ?? QUICKSTART_CONFIG,
    pluginsDir: options.text("plugins-dir"),
    workers: parseWorkers(required(options, "workers")),
    proxyListen: parseAddress("proxy-listen", required(options, "proxy-listen")),
    statusListen: parseAddress("status-listen", required(options, "status-listen")),
    adminListen: adminAddress(options.text("admin-listen")),
    clients: clientSettings(options),
    load: loadSettings(options),
    dns: dnsSettings(options),
    responseTokens: responseTokens(required(options, "headers")),
    requestTimeoutMs: parseMilliseconds("request-timeout", required(options, "request-timeout"), 0),
    logLevel,
    pluginTimeoutMs: parseMilliseconds("plugin-timeout", required(options, "plugin-timeout")),
    drainTimeoutMs: parseMilliseconds("drain-timeout", required(options, "drain-timeout")),
  };
}

const MAX_WORKERS = 256;

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^[0-9]+$/.test(text) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  throw new UsageError(`--workers ${text}: expected a whole number, 1 to ${MAX_WORKERS}`);
}

/** The admin API has no authentication, so nobody from outside may reach it (A1). */
function adminAddress(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress("admin-listen", text);
  if (/^(?:127\.|localhost$|::1$)/.test(address.host)) return address;
  throw new UsageError(`--admin-listen ${text}: expected a loopback address, like 127.0.0.1:8001`);
}

function responseTokens(list: string): ResponseTokens {
  const parsed = parseResponseTokens(list);
  if (parsed.kind === "tokens") return parsed.tokens;
  throw new UsageError(
    `--headers ${JSON.stringify(parsed.name)}: expected off, or some of ${RESPONSE_TOKEN_NAMES}`,
  );
}

/** An option with a fallback has always a value. */
function required(options: ParsedOptions, name: string): string {
  return options.text(name) ?? "";
}

function announce(gateway: RunningGateway, settings: Settings): void {
  const url = (address: { host: string; port: number }): string =>
    `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
  const lines = [
    `proxy listening on ${url(gateway.proxy)}`,
    `status listening on ${url(gateway.status)}`,
    ...(gateway.admin === undefined ? [] : [`admin listening on ${url(gateway.admin)}`]),
    `config ${settings.config}`,
    `plugins ${settings.pluginsDir ?? bundledWasmDir()}`,
  ];
  if (settings.config === QUICKSTART_CONFIG) lines.push(...quickstartLines(url(gateway.proxy)));
  process.stdout.write(`${lines.join("\n")}\n`);
}

function stopOnSignals(gateway: RunningGateway): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      // A second signal means now: nothing more is written.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      return;
    }
    isStopping = true;
    void gateway.stop().then((isLogOut) => {
      if (isLogOut) process.exit(0);
      // An orderly exit would wait for a reader of the log, who may never come.
      process.kill(process.pid, "SIGKILL");
    });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => void gateway.reload("SIGHUP"));
}
