// What serves clients, as the rest of the gateway sees it: the main thread, or several workers.
import type { SetBreakers } from "./admin/circuit-breakers.ts";
import type { ConfigText } from "./assemble.ts";
import type { Address } from "./platform/socket.ts";
import type { Preparation } from "./proxy-thread.ts";
import type { TrafficLoad } from "./status/app.ts";
import type { Store } from "./store/store.ts";
import type { Family } from "./status/families.ts";
import type { UpstreamReport } from "./upstream/report.ts";

export interface Traffic {
  /** The config with the plugins as they are now takes the place of what is served, everywhere or nowhere. */
  replace(config: ConfigText): Promise<Preparation>;
  /** After the first config. Throws when the address is taken. */
  listen(address: Address): Promise<Address>;
  /** Everything counted but what belongs to the process. */
  families(): Promise<readonly Family[]>;
  load(): Promise<TrafficLoad>;
  /** Those of the config that is served. */
  upstreams(): Promise<readonly UpstreamReport[]>;
  /** In all threads; false when there is no such upstream or target. */
  setTargetHealth(upstream: string, target: string, isHealthy: boolean): Promise<boolean>;
  readonly setBreakers: SetBreakers;
  /** What plugins keep, for all threads. */
  readonly store: Store;
  /** Why no traffic should be sent here, or undefined when it may. */
  notReady(): string | undefined;
  /** Stops accepting, lets requests finish within the limit, cuts the rest. */
  drain(limitMs: number): Promise<void>;
}
