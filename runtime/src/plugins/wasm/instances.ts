// Where the calls for some entries of a plugin find an instance: `isolation` says who shares one.
import type { Exchange } from "../../exchange.ts";
import type { GuestInstance } from "./instance.ts";

export interface Instances {
  /** The instance for a phase of the request; undefined while there is none. */
  take(exchange: Exchange): GuestInstance | undefined;
  /** Fulfilled when there is one again. Rejected with a GatewayError when too many wait, or none will come. */
  ready(): Promise<void>;
  /** It cannot be trusted any more. */
  discard(broken: GuestInstance): void;
  /** No request needs any of them. */
  close(): void;
}
