// The way of a response through the gateway, the second half of what pipeline.ts begins:
//   onHead -> header_filter -> (held while a plugin waits) -> send -> onBody: body_filter -> onEnd
import { STATUS_CODES } from "node:http";
import { HeldResponse } from "./bodies/held-response.ts";
import type { HeldBody } from "./bodies/held-body.ts";
import { leadResponseThrough } from "./bodies/lead-through.ts";
import { frameResponse, isBodyless, mayHaveBody } from "./bodies/new-framing.ts";
import { GatewayError } from "./errors.ts";
import type { Exchange, ResponseSink } from "./exchange.ts";
import { FieldRole } from "./http1/field-name.ts";
import { Fields } from "./http1/fields.ts";
import { NO_BODY } from "./http1/framing.ts";
import type { PluginChain } from "./plugins/chain.ts";
import { addTokens } from "./response-tokens.ts";
import type { ResponseReceiver } from "./upstream/transport.ts";

/** The request's side of the way: it decides what becomes of the exchange. */
export interface RequestWay {
  /** Runs a step; what it throws ends the request. */
  attempt(exchange: Exchange, step: (exchange: Exchange) => void): void;
  /** Runs the step when the promise is fulfilled, unless the exchange has gone another way by then. */
  afterwards(exchange: Exchange, settled: Promise<unknown>, step: () => void): void;
  /** The response is out. */
  end(exchange: Exchange): void;
  onFault(exchange: Exchange, error: GatewayError): void;
}

export class ResponseWay implements ResponseReceiver {
  readonly #request: RequestWay;

  constructor(request: RequestWay) {
    this.#request = request;
  }

  // ---- the head

  onInformational(exchange: Exchange, status: number, fields: Fields): void {
    removeHeaders(exchange, fields);
    exchange.client.sendInformational(status, fields);
  }

  onHead(exchange: Exchange): void {
    const nowMs = performance.now();
    exchange.upstreamHeadAtMs = nowMs;
    exchange.bodies?.forgetRequest();
    exchange.responseSource = "upstream";
    const current = exchange.tries?.at(-1);
    current?.observer?.answered(current, exchange.status, nowMs - current.startedAtMs);
    // The upstream's own id, if it has one; the client gets the gateway's (see writeResponseHead).
    if (exchange.responseFields.hasRole(FieldRole.requestId)) {
      exchange.responseFields.remove("x-request-id");
    }
    removeHeaders(exchange, exchange.responseFields);
    if (exchange.method !== exchange.clientMethod) answerClientMethod(exchange);
    this.#request.attempt(exchange, this.#headerFilter);
  }

  onFault(exchange: Exchange, error: GatewayError): void {
    this.#request.onFault(exchange, error);
  }

  readonly #headerFilter = (exchange: Exchange): void => {
    applyEdits(exchange);
    exchange.filterPosition = 0;
    this.#filterHead(exchange, exchange.status);
  };

  #filterHead(exchange: Exchange, upstreamStatus: number): void {
    const chain = exchange.isAnsweredPlainly ? undefined : chainOf(exchange);
    const settled = chain?.headerFilter(exchange);
    if (settled !== undefined) {
      hold(exchange);
      const goOn = (): void => this.#filterHead(exchange, upstreamStatus);
      return this.#request.afterwards(exchange, settled, goOn);
    }
    if (exchange.connection.responseTokens.length > 0) addTokens(exchange, upstreamStatus);
    this.#send(exchange, chain);
  }

  #send(exchange: Exchange, chain: PluginChain | undefined): void {
    const { bodies, responseSink: holding } = exchange;
    if (holding !== undefined) exchange.responseSink = undefined;
    if (chain !== undefined && (bodies !== undefined || chain.seesResponseBodies)) {
      const finish = (trailers?: Fields): void => this.#finish(exchange, trailers);
      exchange.responseSink = leadResponseThrough(exchange, chain, finish);
    }
    exchange.isHeadSent = true;
    exchange.client.sendHead(exchange);
    if (bodies?.newResponse !== undefined) this.#sendNew(exchange, bodies.newResponse);
    else if (holding instanceof HeldResponse) this.#release(exchange, holding.body);
  }

  /** A plugin's body in the place of the upstream's. */
  #sendNew(exchange: Exchange, body: Buffer): void {
    this.onBody(exchange, body);
    this.onEnd(exchange);
    exchange.responseSink = NOWHERE;
    // What is here of the other one is read to its end, so that its connection can be kept; what is not is given up.
    if (exchange.upstream !== undefined) setImmediate(() => exchange.upstream?.abort());
  }

  #release(exchange: Exchange, held: HeldBody): void {
    for (const piece of held.pieces) this.onBody(exchange, piece);
    if (held.hasEnded) this.onEnd(exchange, held.trailers);
    else exchange.upstream?.resumeResponse();
    this.onFlush(exchange);
  }

  // ---- the body

  onBody(exchange: Exchange, piece: Buffer): void {
    const { responseSink } = exchange;
    if (responseSink === undefined) exchange.client.sendBody(piece);
    else this.#request.attempt(exchange, () => responseSink.write(piece));
  }

  onFlush(exchange: Exchange): void {
    const { responseSink } = exchange;
    if (responseSink === undefined) exchange.client.flush();
    else this.#request.attempt(exchange, () => responseSink.flush());
  }

  onEnd(exchange: Exchange, trailers?: Fields): void {
    if (exchange.isOver) return;
    const { responseSink } = exchange;
    if (responseSink === undefined) this.#finish(exchange, trailers);
    else this.#request.attempt(exchange, () => responseSink.end(trailers));
  }

  #finish(exchange: Exchange, trailers?: Fields): void {
    if (exchange.isOver) return;
    if (trailers !== undefined) removeHeaders(exchange, trailers);
    exchange.client.sendEnd(trailers);
    this.#request.end(exchange);
  }

  // ---- responses that the gateway or a plugin made

  respond(exchange: Exchange, body: string | Buffer): void {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const fields = new Fields();
    if (exchange.responseSource === "gateway" && body !== "") {
      fields.add("Content-Type", "application/json; charset=utf-8");
    }
    const retryAfterSeconds = exchange.error?.retryAfterSeconds;
    if (retryAfterSeconds !== undefined) fields.add("Retry-After", String(retryAfterSeconds));
    if (exchange.status !== 204) fields.add("Content-Length", String(bytes.length));
    exchange.responseFields = fields;
    exchange.reason = STATUS_CODES[exchange.status] ?? "";
    exchange.responseFraming = mayHaveBody(exchange)
      ? { kind: "length", length: bytes.length }
      : NO_BODY;
    exchange.bodies?.forgetResponse();
    exchange.responseSink = undefined;
    this.#headerFilter(exchange);
    this.onBody(exchange, bytes);
    this.onEnd(exchange);
  }
}

function chainOf({ route, snapshot }: Exchange): PluginChain | undefined {
  return route === undefined ? snapshot?.noRoute.chain : route.chain;
}

/** Takes a body that nobody gets. */
const NOWHERE: ResponseSink = { write: nothing, flush: nothing, end: nothing };

function nothing(): void {
  // Dropped.
}

function hold(exchange: Exchange): void {
  // Its bytes go to the client by themselves.
  if (exchange.responseFraming?.kind === "tunnel") {
    throw new GatewayError("plugin_failed", "a plugin cannot wait before a 101");
  }
  exchange.responseSink ??= new HeldResponse(exchange);
}

/** Where a plugin has changed the method, the client still expects what it asked for (RFC 9110 §9.3.2). */
function answerClientMethod(exchange: Exchange): void {
  const { method, clientMethod, responseFraming, status } = exchange;
  if (responseFraming?.kind === "tunnel") return;
  if (clientMethod === "HEAD") exchange.responseFraming = NO_BODY;
  else if (method === "HEAD" && !isBodyless(status)) frameResponse(exchange, 0);
}

/** What the route does not let out of an upstream (T8). */
function removeHeaders({ route }: Exchange, fields: Fields): void {
  if (route?.responseHeadersToRemove === undefined) return;
  for (const name of route.responseHeadersToRemove) fields.remove(name);
}

/** What plugins asked of the response before there was one. */
function applyEdits(exchange: Exchange): void {
  const edits = exchange.responseEdits;
  if (edits === undefined) return;
  exchange.responseEdits = undefined;
  for (const { kind, name, value } of edits) {
    if (kind === "set") exchange.responseFields.replace(name, value);
    else if (kind === "add") exchange.responseFields.push(name, value);
    else exchange.responseFields.remove(name.lower);
  }
}
