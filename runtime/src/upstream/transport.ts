// How a request reaches a target and its response comes back.
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import type { Target } from "./target.ts";

/** One try: where to, as what, and how long it may take. */
export interface UpstreamCall {
  readonly target: Target;
  /** Path and query for the request line. */
  readonly uri: string;
  /** Value of Host. */
  readonly host: string;
  readonly connectTimeoutMs: number;
  /** Between two writes that the upstream delays. */
  readonly writeTimeoutMs: number;
  /** Between two reads. */
  readonly readTimeoutMs: number;
  /** Not on a connection that was used before: one such just failed. */
  readonly isFresh: boolean;
}

/** Takes a call's response; the calls come in this order, and none after onEnd or onFault. */
export interface ResponseReceiver {
  onInformational(exchange: Exchange, status: number, fields: Fields): void;
  /** The exchange's status, reason, fields and framing are set. */
  onHead(exchange: Exchange): void;
  onBody(exchange: Exchange, piece: Buffer): void;
  /** No more is at hand for now. */
  onFlush(exchange: Exchange): void;
  onEnd(exchange: Exchange, trailers?: Fields): void;
  onFault(exchange: Exchange, error: GatewayError): void;
}

export interface Transport {
  /** Sets `exchange.upstream` and starts. Never throws: faults go to the receiver. */
  call(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void;
  /** Closes what is idle now, and the rest when it becomes idle. */
  close(): void;
}
