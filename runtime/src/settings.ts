// How the gateway itself is set up, as opposed to what it routes: from flags and SLUICE_* environment variables.
import { DIRECT_CLIENTS } from "./clients/client-rules.ts";
import type { ClientSettings } from "./clients/client-rules.ts";
import type { DnsSettings } from "./discovery/discovery.ts";
import type { HeadLimits } from "./http1/head-parser.ts";
import type { ServerOptions } from "./http1/server.ts";
import type { Address } from "./platform/socket.ts";
import { connectionTokens, DEFAULT_RESPONSE_TOKENS } from "./response-tokens.ts";
import type { ResponseTokens } from "./response-tokens.ts";
import type { Http1TransportOptions } from "./upstream/http1-transport.ts";

export interface Settings {
  readonly config: string;
  /** Operator's folder of .wasm files; undefined for bundled plugins only. */
  readonly pluginsDir: string | undefined;
  /** Public keys, PEM: with any, each module that does not come with the gateway must be signed by one of them. */
  readonly pluginKeys: readonly string[];
  /** Threads that serve traffic; 1 is the main thread. */
  readonly workers: number;
  readonly proxyListen: Address;
  readonly statusListen: Address;
  /** Undefined when there is no admin API. */
  readonly adminListen: Address | undefined;
  readonly clients: ClientSettings;
  readonly responseTokens: ResponseTokens;
  /** For receiving all of a request, ms; 0 for no limit. */
  readonly requestTimeoutMs: number;
  readonly logLevel: string;
  /** For one call of one plugin phase, ms. */
  readonly pluginTimeoutMs: number;
  readonly load: LoadSettings;
  readonly dns: DnsSettings;
  /** For requests in flight after SIGTERM, ms. */
  readonly drainTimeoutMs: number;
}

/** How much the gateway takes on at a time, and how it leaves. */
export interface LoadSettings {
  /** Open client connections of the process: never more than fit its limit on open files. */
  readonly maxConnections: number;
  /** Of one address; 0 for no limit of its own. */
  readonly maxConnectionsPerIp: number;
  /** Requests in flight; 0 for no limit beside that on connections, which carry one at a time. */
  readonly maxRequests: number;
  /** Another process may listen on the proxy's address. */
  readonly reusePort: boolean;
  /** Between SIGTERM, when it says that it is not ready, and the end of accepting, ms. */
  readonly drainDelayMs: number;
}

/** Client connections, where the limit on open files allows them. */
export const MAX_CONNECTIONS = 16_384;

/** Limits on what strangers send (threats H19, C1, U9) and how long things may take. */
export const HEAD_LIMITS: HeadLimits = {
  maxStartLineBytes: 8192,
  maxFieldLineBytes: 16_384,
  maxHeadBytes: 32_768,
  maxFields: 128,
};

export const DOWNSTREAM_OPTIONS: ServerOptions = {
  limits: HEAD_LIMITS,
  clients: DIRECT_CLIENTS,
  tokens: connectionTokens(DEFAULT_RESPONSE_TOKENS),
  headTimeoutMs: 30_000,
  requestTimeoutMs: 300_000,
  bodyTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  lingerMs: 2000,
  // Of the status and admin APIs; the proxy's is in LoadSettings.
  maxConnections: 64,
  maxConnectionsPerIp: 0,
  reusePort: false,
};

/** Kong's upstream_keepalive_* defaults. */
export const TRANSPORT_OPTIONS: Http1TransportOptions = {
  limits: HEAD_LIMITS,
  maxIdlePerAddress: 512,
  idleTimeoutMs: 60_000,
  maxCallsPerConnection: 10_000,
  maxConnections: Infinity,
};

/** For one module that a config pins, ms. */
export const MODULE_TIMEOUT_MS = 30_000;

/** Entries of the in-process store. */
export const MAX_STORE_ENTRIES = 200_000;
/** Of its keys and values. */
export const MAX_STORE_CHARACTERS: number = 64 * 1024 * 1024;
