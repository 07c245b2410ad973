// What a route answers with instead of an error of the gateway or of an upstream.
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { Service } from "../snapshot.ts";
import type { ResponseReceiver } from "./transport.ts";

/** Of a route. Called only before anything of a response went to the client. */
export interface Fallback {
  /** Statuses of upstreams that it may answer instead of. */
  readonly statuses: ReadonlySet<number>;
  /**
   * True when it answers, by one of the ways, now or later. False leaves the error to the gateway, or the client with the
   * upstream's response, which is meant without an error. What it has tried once for a request it does not try again.
   */
  answer(exchange: Exchange, error: GatewayError | undefined, ways: FallbackWays): boolean;
  /** What takes a response to the request instead of the receiver, to keep a copy. */
  receiver(exchange: Exchange, receiver: ResponseReceiver): ResponseReceiver;
}

export interface FallbackWays {
  /** Sends a response made here: status, reason and edits are the exchange's (see ResponseWay.respond). */
  respond(exchange: Exchange, body: string | Buffer): void;
  /** Asks another service; false when the request's body cannot be sent again. */
  forward(exchange: Exchange, service: Service): boolean;
}

/** How a request was answered instead; the value of X-Fallback. */
export type FallbackKind = "cached" | "service" | "static";
