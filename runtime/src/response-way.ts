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
import { answerTry } from "./upstream/tries.ts";

/** The pipeline's side of the way: it decides what becomes of the exchange. */
export interface ResponseOwner {
  /** Runs a step; what it throws ends the request. */
  attempt(exchange: Exchange, step: (exchange: Exchange) => void): void;
  /** Runs the step when the promise is fulfilled, unless the exchange has gone another way by then. */
  afterwards(exchange: Exchange, settled: Promise<unknown>, step: () => void): void;
  /** The response is out. */
  end(exchange: Exchange): void;
  /** Another response takes the place of the upstream's. */
  replaces(exchange: Exchange): boolean;
  /** The upstream has failed. */
  onFault(exchange: Exchange, error: GatewayError): void;
}

export class ResponseWay implements ResponseReceiver {
  readonly #owner: ResponseOwner;

  constructor(owner: ResponseOwner) {
    this.#owner = owner;
  }

  // ---- the head

  onInformational(exchange: Exchange, status: number, fields: Fields): void {
    removeHeaders(exchange, fields);
    exchange.client.sendInformational(status, fields);
  }

  onHead(exchange: Exchange): void {
    const nowMs = performance.now();
    // A series tells of all its heads, those that it does not take included.
    const attempt = exchange.series === undefined ? exchange.tries?.at(-1) : undefined;
    if (attempt !== undefined) answerTry(attempt, exchange.status, nowMs);
    const fallback = exchange.route?.fallback;
    if (fallback?.statuses.has(exchange.status) === true && this.#owner.replaces(exchange)) return;
    exchange.upstreamHeadAtMs = nowMs;
    exchange.bodies?.forgetRequest();
    exchange.responseSource = "upstream";
    // The upstream's own id, if it has one; the client gets the gateway's (see writeResponseHead).
    if (exchange.responseFields.hasRole(FieldRole.requestId)) {
      exchange.responseFields.remove("x-request-id");
    }
    removeHeaders(exchange, exchange.responseFields);
    if (exchange.method !== exchange.clientMethod) answerClientMethod(exchange);
    this.#owner.attempt(exchange, this.#headerFilter);
  }

  onFault(exchange: Exchange, error: GatewayError): void {
    this.#owner.onFault(exchange, error);
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
      return this.#owner.afterwards(exchange, settled, goOn);
    }
    if (exchange.connection.responseTokens.length > 0) addTokens(exchange, upstreamStatus);
    this.#send(exchange, chain);
  }

  #send(exchange: Exchange, chain: PluginChain | undefined): void {
    const { bodies, responseSink: holding } = exchange;
    if (holding !== undefined) exchange.responseSink = undefined;
    if (chain !== undefined && (bodies !== undefined || chain.seesResponseBodies)) {
      exchange.responseSink = leadResponseThrough(exchange, chain, {
        onEnd: (trailers) => this.#finish(exchange, trailers),
        onFailed: (thrown) => this.#owner.attempt(exchange, () => rethrow(thrown)),
      });
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
    else this.#owner.attempt(exchange, () => responseSink.write(piece));
  }

  onFlush(exchange: Exchange): void {
    const { responseSink } = exchange;
    if (responseSink === undefined) exchange.client.flush();
    else this.#owner.attempt(exchange, () => responseSink.flush());
  }

  onEnd(exchange: Exchange, trailers?: Fields): void {
    if (exchange.isOver) return;
    const { responseSink } = exchange;
    if (responseSink === undefined) this.#finish(exchange, trailers);
    else this.#owner.attempt(exchange, () => responseSink.end(trailers));
  }

  #finish(exchange: Exchange, trailers?: Fields): void {
    if (exchange.isOver) return;
    if (trailers !== undefined) removeHeaders(exchange, trailers);
    exchange.client.sendEnd(trailers);
    this.#owner.end(exchange);
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

function rethrow(thrown: unknown): never {
  throw thrown;
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
