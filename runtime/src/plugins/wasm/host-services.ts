// What the gateway lends to plugins, whatever runs them.
import type { JwtKeyCache } from "@sluice/plugin-sdk/crypto";
import type { PluginGrants } from "../../config/model.ts";
import type { Exchange } from "../../exchange.ts";
import type { Outbound } from "../../outbound/outbound-client.ts";
import type { OutboundRequest, OutboundResponse } from "../../outbound/outbound-request.ts";
import type { RedisAccess } from "../../redis/redis-clients.ts";
import type { SecretVault } from "../../secrets/vault.ts";
import type { SinkOpener } from "../../sinks/sinks.ts";
import type { PluginMetrics } from "../../status/plugin-metrics.ts";
import type { Store } from "../../store/store.ts";

export interface HostServices {
  readonly store: Store;
  readonly secrets: SecretVault;
  readonly jwtKeys: JwtKeyCache;
  readonly metrics: PluginMetrics;
  readonly log: LimitedPluginLog;
  readonly outbound: Outbound;
  readonly subrequests: OwnService;
  readonly sinks: SinkOpener;
  readonly redis: RedisAccess;
  /** Kong's log record of a finished exchange, as JSON. */
  record(exchange: Exchange): string;
  appendToFile(path: string, data: string, reopen: boolean): void;
}

/** What a fetch of a path asks: the service of the request. Rejected with FetchFailed. */
export interface OwnService {
  fetch(
    plugin: string,
    parent: Exchange,
    request: OutboundRequest,
    signal: AbortSignal,
  ): Promise<OutboundResponse>;
}

export interface PluginLog {
  /** Levels as in the ABI: 0 debug, 1 info, 2 warn, 3 error. What is too much is dropped and counted. */
  write(
    plugin: string,
    level: number,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

/** A log that gives each plugin a number of lines a second. */
export interface LimitedPluginLog extends PluginLog {
  /** Whether a line would be written now; one that is too much is counted. */
  takes(plugin: string, level: number): boolean;
}

/** One plugin entry, as the ABI's `config_get` gives it. */
export interface GuestEntry {
  readonly id: string;
  /** `{"id", "config"}`. */
  readonly json: string;
  /** Every string in the config: the files that the plugin may write. */
  readonly strings: ReadonlySet<string>;
  readonly grants: PluginGrants;
}
