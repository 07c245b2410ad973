// What the gateway lends to plugins, whatever runs them.
import type { Exchange } from "../../exchange.ts";
import type { Store } from "../../store/store.ts";

export interface HostServices {
  readonly store: Store;
  readonly log: PluginLog;
  /** Kong's log record of a finished exchange, as JSON. */
  record(exchange: Exchange): string;
  appendToFile(path: string, data: string, reopen: boolean): void;
}

export interface PluginLog {
  /** Levels as in the ABI: 0 debug, 1 info, 2 warn, 3 error. */
  write(plugin: string, level: number, message: string): void;
}

/** One plugin entry, as the ABI's `config_get` gives it. */
export interface GuestEntry {
  readonly id: string;
  /** `{"id", "config"}`. */
  readonly json: string;
  /** Every string in the config: the files that the plugin may write. */
  readonly strings: ReadonlySet<string>;
}
