// How the gateway itself is set up, as opposed to what it routes: from flags and SLUICE_* environment variables.
import type { HeadLimits } from "./http1/head-parser.ts";
import type { ServerOptions } from "./http1/server.ts";
import type { Address } from "./platform/socket.ts";
import type { Http1TransportOptions } from "./upstream/http1-transport.ts";

export interface Settings {
  readonly config: string;
  /** Operator's folder of .wasm files; undefined for bundled plugins only. */
  readonly pluginsDir: string | undefined;
  readonly proxyListen: Address;
  readonly statusListen: Address;
  /** Undefined when there is no admin API. */
  readonly adminListen: Address | undefined;
  readonly logLevel: string;
  /** For one call of one plugin phase, ms. */
  readonly pluginTimeoutMs: number;
  /** For requests in flight after SIGTERM, ms. */
  readonly drainTimeoutMs: number;
}

/** Limits on what strangers send (threats H19, C1, U9) and how long things may take. */
export const HEAD_LIMITS: HeadLimits = {
  maxStartLineBytes: 8192,
  maxFieldLineBytes: 16_384,
  maxHeadBytes: 32_768,
  maxFields: 128,
};

export const DOWNSTREAM_OPTIONS: ServerOptions = {
  limits: HEAD_LIMITS,
  headTimeoutMs: 30_000,
  bodyTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  lingerMs: 2000,
  maxConnections: 16_384,
};

/** Kong's upstream_keepalive_* defaults. */
export const TRANSPORT_OPTIONS: Http1TransportOptions = {
  limits: HEAD_LIMITS,
  maxIdlePerAddress: 512,
  idleTimeoutMs: 60_000,
  maxCallsPerConnection: 10_000,
};

/** Entries of the in-process store. */
export const MAX_STORE_ENTRIES = 200_000;
/** Of its keys and values. */
export const MAX_STORE_CHARACTERS: number = 64 * 1024 * 1024;
