// The way of a request through the gateway, phase by phase. Start reading here:
//   start -> route -> access -> forward -> try -> (upstream) -> onHead: header_filter -> onBody -> onEnd -> log
import { STATUS_CODES } from "node:http";
import { Batch } from "./batch.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Logger } from "./log.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHandler } from "./http1/downstream.ts";
import { errorBody } from "./http1/error-response.ts";
import { FieldRole, fieldName } from "./http1/field-name.ts";
import { Fields } from "./http1/fields.ts";
import { ALLOWED_METHODS } from "./http1/request-line.ts";
import type { Plugin } from "./plugins/plugin.ts";
import { checkPath } from "./path-check.ts";
import { addTokens } from "./response-tokens.ts";
import type { RouteMatch } from "./routing/router.ts";
import { upstreamPath } from "./routing/upstream-path.ts";
import type { Route, Service, Snapshot } from "./snapshot.ts";
import type { Metrics } from "./status/metrics.ts";
import { TimeLimit } from "./time-limit.ts";
import type { Target } from "./upstream/target.ts";
import type { ResponseReceiver } from "./upstream/transport.ts";

export interface PipelineOptions {
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Requests in flight; what comes on top of them is refused (O2). 0, the default, for no limit. */
  readonly maxRequests?: number;
}

export class Pipeline implements RequestHandler, ResponseReceiver {
  /** What new requests run on; replaced as a whole at a reload. */
  snapshot: Snapshot;
  readonly #deadlines: Deadlines;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #maxRequests: number;
  #requestsInFlight = 0;

  constructor(first: Snapshot, options: PipelineOptions) {
    this.snapshot = first;
    this.#deadlines = options.deadlines;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#maxRequests = options.maxRequests || Infinity;
  }

  get requestsInFlight(): number {
    return this.#requestsInFlight;
  }

  start(exchange: Exchange): void {
    this.#requestsInFlight++;
    exchange.snapshot = this.snapshot;
    exchange.snapshot.begin();
    this.#attempt(exchange, this.#requestsInFlight > this.#maxRequests ? refuse : this.#route);
  }

  /** The one place where a request's errors end up. */
  #attempt(exchange: Exchange, step: (exchange: Exchange) => void): void {
    try {
      step(exchange);
    } catch (thrown) {
      this.#fail(exchange, toGatewayError(thrown));
    }
  }

  readonly #route = (exchange: Exchange): void => {
    if (exchange.isForGateway) return this.#answerOptions(exchange);
    const match = exchange.snapshot?.match(exchange);
    exchange.match = match;
    exchange.route = match && exchange.snapshot?.route(match.route);
    if (!exchange.hasPlainPath) checkPath(exchange);
    if (exchange.route === undefined) throw new GatewayError("no_route", exchange.method);
    const { timeoutMs } = exchange.route.config;
    if (timeoutMs !== undefined) this.#limit(exchange, timeoutMs);
    this.#accesses.add(exchange);
  };

  #limit(exchange: Exchange, timeoutMs: number): void {
    exchange.timeLimit = new TimeLimit(this.#deadlines, timeoutMs, () => {
      // Whoever opens a tunnel means to stay; it has a limit on idleness.
      if (exchange.tunnel !== undefined) return;
      this.#fail(exchange, new GatewayError("route_timeout", "the route's timeout is over"));
    });
  }

  /** One plugin for all requests, then the next one for all, then the system calls (see Batch). */
  readonly #accesses = new Batch<Exchange>((exchanges) => {
    let undecided = exchanges;
    while (undecided.length > 0) {
      for (const exchange of undecided) this.#attempt(exchange, this.#access);
      undecided = undecided.filter(isUndecided);
    }
    for (const exchange of exchanges) this.#attempt(exchange, this.#afterAccess);
  });

  readonly #access = (exchange: Exchange): void => {
    if (!exchange.isOver) exchange.verdict = routeOf(exchange).chain.access(exchange);
  };

  readonly #afterAccess = (exchange: Exchange): void => {
    const { verdict, isOver } = exchange;
    if (verdict === undefined || isOver) return;
    switch (verdict.kind) {
      case "continue":
        return this.#forward(exchange);
      case "respond":
        exchange.responseSource = "plugin";
        return this.#respond(exchange, exchange.responseBody ?? "");
      case "wait":
        if (exchange.hasWaited) throw new GatewayError("plugin_failed", "no instance came in time");
        exchange.hasWaited = true;
        exchange.verdict = undefined;
        void verdict.until.then(() => this.#accesses.add(exchange));
    }
  };

  #forward(exchange: Exchange): void {
    const { service } = routeOf(exchange);
    if (service === undefined) throw new GatewayError("no_service", "the route has none");
    exchange.upstreamUri = upstreamUri(exchange, service);
    this.#try(exchange, service, false);
  }

  #try(exchange: Exchange, service: Service, isFresh: boolean): void {
    const tried = exchange.tries?.map((each) => each.target) ?? NO_TARGETS;
    const target = service.balancer.pick(tried);
    if (target === undefined) throw new GatewayError("no_target", "no target has a weight");
    const { connectTimeoutMs, writeTimeoutMs, readTimeoutMs } = service.config;
    (exchange.tries ??= []).push({ target, startedAtMs: performance.now(), error: undefined });
    const call = {
      target,
      uri: exchange.upstreamUri,
      host: hostHeader(exchange, service, target),
      connectTimeoutMs,
      writeTimeoutMs,
      readTimeoutMs,
      isFresh,
    };
    service.transport.call(exchange, call, this);
  }

  // ---- the response

  onInformational(exchange: Exchange, status: number, fields: Fields): void {
    removeHeaders(exchange, fields);
    exchange.client.sendInformational(status, fields);
  }

  onHead(exchange: Exchange): void {
    exchange.upstreamHeadAtMs = performance.now();
    exchange.responseSource = "upstream";
    // The upstream's own id, if it has one; the client gets the gateway's (see writeResponseHead).
    if (exchange.responseFields.hasRole(FieldRole.requestId)) {
      exchange.responseFields.remove("x-request-id");
    }
    removeHeaders(exchange, exchange.responseFields);
    this.#attempt(exchange, this.#headerFilter);
  }

  readonly #headerFilter = (exchange: Exchange): void => {
    const upstreamStatus = exchange.status;
    applyEdits(exchange);
    // When a plugin has failed, the answer that says so must not depend on it.
    if (exchange.error?.code !== "plugin_failed") {
      chainAndStats(exchange)?.chain.headerFilter(exchange);
    }
    if (exchange.connection.responseTokens.length > 0) addTokens(exchange, upstreamStatus);
    exchange.isHeadSent = true;
    exchange.client.sendHead(exchange);
  };

  onBody(exchange: Exchange, piece: Buffer): void {
    exchange.client.sendBody(piece);
  }

  onEnd(exchange: Exchange, trailers?: Fields): void {
    if (exchange.isOver) return;
    if (trailers !== undefined) removeHeaders(exchange, trailers);
    exchange.client.sendEnd(trailers);
    this.#end(exchange);
  }

  /** To OPTIONS that go no further than here (RFC 9110 §7.6.2 and §9.3.7). */
  #answerOptions(exchange: Exchange): void {
    exchange.status = 200;
    exchange.responseEdits = [{ kind: "set", name: fieldName("Allow"), value: ALLOWED_METHODS }];
    this.#respond(exchange, "");
  }

  /** Sends a response that the gateway or a plugin made. */
  #respond(exchange: Exchange, body: string): void {
    const bytes = Buffer.from(body);
    const fields = new Fields();
    if (exchange.responseSource === "gateway" && body !== "") {
      fields.add("Content-Type", "application/json; charset=utf-8");
    }
    const retryAfterSeconds = exchange.error?.retryAfterSeconds;
    if (retryAfterSeconds !== undefined) fields.add("Retry-After", String(retryAfterSeconds));
    if (exchange.status !== 204) fields.add("Content-Length", String(bytes.length));
    exchange.responseFields = fields;
    exchange.reason = STATUS_CODES[exchange.status] ?? "";
    const hasNoBody =
      exchange.method === "HEAD" || exchange.status === 204 || exchange.status === 304;
    exchange.responseFraming = hasNoBody
      ? { kind: "none" }
      : { kind: "length", length: bytes.length };
    this.#headerFilter(exchange);
    exchange.client.sendBody(bytes);
    this.onEnd(exchange);
  }

  // ---- errors

  onClientFault(exchange: Exchange, error: GatewayError): void {
    this.#fail(exchange, error);
  }

  onRefused(error: GatewayError): void {
    this.#metrics.countError(error.code);
    this.#log.requestRefused(error);
  }

  onFault(exchange: Exchange, error: GatewayError): void {
    const attempt = exchange.tries?.at(-1);
    if (attempt !== undefined) attempt.error = error;
    const service = exchange.route?.service;
    if (service === undefined || !mayRetry(exchange, service, error)) {
      return this.#fail(exchange, error);
    }
    this.#attempt(exchange, () => this.#try(exchange, service, error.code === "upstream_stale"));
  }

  #fail(exchange: Exchange, error: GatewayError): void {
    if (exchange.isOver) return;
    this.#metrics.countError(error.code);
    this.#log.requestFailed(exchange, error);
    exchange.upstream?.abort();
    const earlier = exchange.error?.code;
    exchange.error = error;
    if (error.code === "client_closed") {
      if (!exchange.isHeadSent) exchange.status = error.status;
      return this.#end(exchange);
    }
    if (exchange.isHeadSent) return this.#cut(exchange);
    exchange.status = error.status;
    exchange.responseSource = "gateway";
    const body = errorBody(error.publicMessage, exchange.id);
    // When a plugin fails at an error's answer, one that says so can still go out without it (see #headerFilter).
    if (earlier === undefined || (earlier !== "plugin_failed" && error.code === "plugin_failed")) {
      return this.#attempt(exchange, () => this.#respond(exchange, body));
    }
    this.#cut(exchange);
  }

  #cut(exchange: Exchange): void {
    // In this order: a client's socket may report its end while it is destroyed.
    this.#end(exchange);
    exchange.client.abort();
  }

  #end(exchange: Exchange): void {
    exchange.isOver = true;
    exchange.endedAtMs = performance.now();
    exchange.timeLimit?.stop();
    const at = chainAndStats(exchange);
    at?.stats.count(exchange);
    if (at?.chain.hasLog === true) this.#logs.add(exchange);
    else this.#leave(exchange);
  }

  readonly #logs = new Batch<Exchange>((exchanges) => {
    for (const exchange of exchanges) {
      chainAndStats(exchange)?.chain.log(exchange, this.#onLogFailed);
      this.#leave(exchange);
    }
  });

  #leave(exchange: Exchange): void {
    this.#requestsInFlight--;
    exchange.snapshot?.end();
  }

  readonly #onLogFailed = (plugin: Plugin, thrown: unknown): void => {
    const error = toGatewayError(thrown);
    this.#metrics.countError(error.code);
    this.#log.pluginFailed(plugin.name, error);
  };
}

function refuse(): never {
  throw new GatewayError("overloaded", "too many requests in flight");
}

/** The route, or what is for requests that have none. */
function chainAndStats(exchange: Exchange): Pick<Route, "chain" | "stats"> | undefined {
  return exchange.route ?? exchange.snapshot?.noRoute;
}

function isUndecided(exchange: Exchange): boolean {
  return exchange.verdict === undefined && !exchange.isOver;
}

const NO_TARGETS: readonly Target[] = [];

function routeOf(exchange: Exchange): Route {
  if (exchange.route === undefined) throw new GatewayError("internal", "the request has no route");
  return exchange.route;
}

function upstreamUri(exchange: Exchange, service: Service): string {
  const match = exchange.match as RouteMatch; // Set with the route, which the caller has.
  const path = exchange.pathOverride ?? upstreamPath(match, service.config.path, exchange.path);
  if (path === undefined) throw new GatewayError("bad_request", "what strip_path leaves is unsafe");
  if (match.route.stripPath) exchange.prefixLength = match.prefixLength;
  return exchange.query === "" ? path : `${path}?${exchange.query}`;
}

function hostHeader(exchange: Exchange, service: Service, target: Target): string {
  // An app is no other host: it sees the one that the client asked for.
  if (service.config.protocol === "app") return exchange.authority;
  if (exchange.match?.route.preserveHost === true) return exchange.authority;
  return (
    service.hostHeader ??
    (target.port === 80 ? target.address.slice(0, -":80".length) : target.address)
  );
}

/** What the route does not let out of an upstream (T8). */
function removeHeaders({ route }: Exchange, fields: Fields): void {
  for (const name of route?.config.responseHeadersToRemove ?? []) fields.remove(name);
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

/** Only what certainly did not reach a target, or may be done twice, is sent again (RFC 9110 §9.2.2). */
function mayRetry(exchange: Exchange, service: Service, error: GatewayError): boolean {
  if (!error.isRetryable || exchange.isHeadSent || exchange.isOver) return false;
  const failed = exchange.tries ?? [];
  const stale = failed.filter((each) => each.error?.code === "upstream_stale").length;
  if (error.code === "upstream_stale") return stale <= 1;
  return failed.length - stale <= service.config.retries;
}
