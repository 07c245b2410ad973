// One try of several: what its transport says goes on to the series, or to the response when this try gives it.
import type { GatewayError } from "../errors.ts";
import type { Exchange, Try, UpstreamSide } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import type { TimeLimit } from "../time-limit.ts";
import type { ResponseReceiver } from "../upstream/transport.ts";
import type { BodyReader } from "./replayable-body.ts";

/** Waits for a head, gives the response, has one that nobody wants, or is over. */
export type CallState = "waiting" | "taken" | "discarded" | "over";

/** Who hears of it. */
export interface CallOwner {
  onInformational(call: TryCall, status: number, fields: Fields): void;
  onHead(call: TryCall): void;
  /** While it waits: there will be no head. */
  onFault(call: TryCall, error: GatewayError): void;
  /** After its head was taken. */
  onCut(call: TryCall, error: GatewayError): void;
  /** The response that was taken is whole; nothing more comes of the upstream. */
  onWhole(call: TryCall): void;
}

export class TryCall implements ResponseReceiver {
  state: CallState = "waiting";
  /** The request's own exchange, or a copy when that is in use. */
  readonly exchange: Exchange;
  readonly attempt: Try;
  /** Of a body that is kept. */
  readonly body: BodyReader | undefined;
  /** It has a place in the retry budget. */
  isExtra: boolean;
  limit: TimeLimit | undefined;
  readonly #owner: CallOwner;
  readonly #response: ResponseReceiver;
  readonly #main: Exchange;
  readonly #forwardedBeforeMs: number;
  /** By now the exchange may have another one. */
  #discarded: UpstreamSide | undefined;

  constructor(parts: {
    readonly owner: CallOwner;
    readonly response: ResponseReceiver;
    readonly main: Exchange;
    readonly exchange: Exchange;
    readonly attempt: Try;
    readonly body: BodyReader | undefined;
    readonly isExtra: boolean;
  }) {
    this.#owner = parts.owner;
    this.#response = parts.response;
    this.#main = parts.main;
    this.exchange = parts.exchange;
    this.attempt = parts.attempt;
    this.body = parts.body;
    this.isExtra = parts.isExtra;
    this.#forwardedBeforeMs = parts.exchange.forwardedAtMs;
  }

  /** Something of the request went out. */
  get isSent(): boolean {
    return this.exchange.forwardedAtMs !== this.#forwardedBeforeMs;
  }

  /** Its response is for nobody: what is here of it is read, so that its connection may be kept; what is not is given up. */
  discard(): void {
    this.state = "discarded";
    this.#discarded = this.exchange.upstream;
    setImmediate(() => this.giveUp());
  }

  /** Closes its connection, unless it is done with it. */
  giveUp(): void {
    const { state } = this;
    if (state === "over") return;
    this.state = "over";
    this.limit?.stop();
    if (state === "discarded") this.#discarded?.abort();
    else this.exchange.upstream?.abort();
  }

  // ---- from the transport

  onInformational(_: Exchange, status: number, fields: Fields): void {
    if (this.state === "waiting") this.#owner.onInformational(this, status, fields);
  }

  onHead(): void {
    if (this.state === "waiting") this.#owner.onHead(this);
  }

  onBody(_: Exchange, piece: Buffer): void {
    if (this.state === "taken") this.#response.onBody(this.#main, piece);
  }

  onFlush(): void {
    if (this.state === "taken") this.#response.onFlush(this.#main);
  }

  onEnd(_: Exchange, trailers?: Fields): void {
    const { state } = this;
    this.state = "over";
    if (state !== "taken") return;
    this.#owner.onWhole(this);
    this.#response.onEnd(this.#main, trailers);
  }

  onFault(_: Exchange, error: GatewayError): void {
    const { state } = this;
    this.state = "over";
    this.limit?.stop();
    if (state === "waiting") this.#owner.onFault(this, error);
    else if (state === "taken") this.#owner.onCut(this, error);
  }
}
