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
  /** What the head of this try says besides, each line with its CRLF. */
  readonly lines: string;
  readonly connectTimeoutMs: number;
  /** Between two writes that the upstream delays. */
  readonly writeTimeoutMs: number;
  /** Between two reads. */
  readonly readTimeoutMs: number;
  /** From the end of the request to the end of the response's head; Infinity for none. */
  readonly responseHeaderTimeoutMs: number;
  /** Undefined when connections are not bounded but by the process. */
  readonly connections?: ConnectionBound | undefined;
  /** Not on a connection that was used before: one such just failed. */
  readonly isFresh: boolean;
}

/** Of an upstream: its connections are its own, and so many of them are open at once. */
export interface ConnectionBound {
  readonly upstream: string;
  readonly max: number;
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
