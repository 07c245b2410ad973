// The way of a request through the gateway, phase by phase. Start reading here:
//   start -> route -> access -> the way to the upstream (request-way.ts) -> the way back (response-way.ts) -> log
import { Batch } from "./batch.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Logger } from "./log.ts";
import { GatewayError, RefusedByPlugin, toGatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHandler } from "./http1/downstream.ts";
import { errorBody } from "./http1/error-response.ts";
import { fieldName } from "./http1/field-name.ts";
import { ALLOWED_METHODS } from "./http1/request-line.ts";
import type { Plugin, SettledVerdict } from "./plugins/plugin.ts";
import { checkPath } from "./path-check.ts";
import { RequestWay, routeOf } from "./request-way.ts";
import { ResponseWay } from "./response-way.ts";
import type { Route, Snapshot } from "./snapshot.ts";
import type { Metrics } from "./status/metrics.ts";
import type { Counted } from "./status/route-stats.ts";
import { countRequest } from "./status/route-stats.ts";
import { TimeLimit } from "./time-limit.ts";
import { limitWithDeadline } from "./upstream/deadline-field.ts";
import type { FallbackWays } from "./upstream/fallback.ts";

export interface PipelineOptions {
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Requests in flight; what comes on top of them is refused (O2). 0, the default, for no limit. */
  readonly maxRequests?: number;
}

export class Pipeline implements RequestHandler {
  /** What new requests run on; replaced as a whole at a reload. */
  snapshot: Snapshot;
  readonly #deadlines: Deadlines;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #maxRequests: number;
  readonly #request: RequestWay;
  readonly #response: ResponseWay;
  #requestsInFlight = 0;

  constructor(first: Snapshot, options: PipelineOptions) {
    this.snapshot = first;
    this.#deadlines = options.deadlines;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#maxRequests = options.maxRequests || Infinity;
    const attempt = this.#attempt.bind(this);
    this.#response = new ResponseWay({
      attempt,
      afterwards: (exchange, settled, step) => void this.#await(exchange, settled, step),
      end: (exchange) => this.#end(exchange),
      onFault: (exchange, error) => this.#request.onFault(exchange, error),
      replaces: (exchange) => this.#replaces(exchange),
    });
    const fail = this.#fail.bind(this);
    this.#request = new RequestWay({ attempt, fail }, this.#response, this.#deadlines);
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
    exchange.route = match && exchange.snapshot?.route(match);
    if (!exchange.hasPlainPath) checkPath(exchange);
    if (exchange.route === undefined) throw new GatewayError("no_route", exchange.method);
    const { deadline } = exchange.route;
    const timeoutMs =
      deadline === undefined
        ? exchange.route.timeoutMs
        : limitWithDeadline(exchange, deadline, exchange.route.timeoutMs);
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
        return this.#request.forward(exchange);
      case "respond":
        exchange.responseSource = "plugin";
        return this.#response.respond(exchange, exchange.responseBody ?? "");
      case "pending":
        exchange.verdict = undefined;
        void this.#await(exchange, verdict.settled, (settled) =>
          this.#resumeAccess(exchange, settled),
        );
    }
  };

  #resumeAccess(exchange: Exchange, settled: SettledVerdict): void {
    if (settled.kind === "continue") {
      exchange.chainPosition++;
      return this.#accesses.add(exchange);
    }
    exchange.verdict = settled;
    this.#afterAccess(exchange);
  }

  /** Goes on when a plugin has ended its phase, unless the exchange is over or became another response by then. */
  async #await<Result>(
    exchange: Exchange,
    settled: Promise<Result>,
    next: (result: Result) => void,
  ): Promise<void> {
    const { error } = exchange;
    const isCurrent = (): boolean => !exchange.isOver && exchange.error === error;
    try {
      const result = await settled;
      if (isCurrent()) this.#attempt(exchange, () => next(result));
    } catch (thrown) {
      if (isCurrent()) this.#fail(exchange, toGatewayError(thrown));
    }
  }

  /** To OPTIONS that go no further than here (RFC 9110 §7.6.2 and §9.3.7). */
  #answerOptions(exchange: Exchange): void {
    exchange.status = 200;
    exchange.responseEdits = [{ kind: "set", name: fieldName("Allow"), value: ALLOWED_METHODS }];
    this.#response.respond(exchange, "");
  }

  // ---- errors

  onClientFault(exchange: Exchange, error: GatewayError): void {
    this.#fail(exchange, error);
  }

  onRefused(error: GatewayError): void {
    this.#metrics.countError(error.code);
    this.#log.requestRefused(error);
  }

  #fail(exchange: Exchange, error: GatewayError): void {
    if (exchange.isOver) return;
    this.#metrics.countError(error.code);
    this.#log.requestFailed(exchange, error);
    exchange.upstream?.abort();
    // That of another service, asked after the first error, is an error like any first one.
    const isSecond = exchange.error !== undefined && exchange.fallbackService === undefined;
    exchange.error = error;
    if (error.code === "client_closed") {
      if (!exchange.isHeadSent) exchange.status = error.status;
      return this.#end(exchange);
    }
    if (exchange.isHeadSent) return this.#cut(exchange);
    if (!exchange.isAnsweredPlainly && this.#fallsBack(exchange, error)) return;
    exchange.status = error.status;
    exchange.responseSource = "gateway";
    const body =
      error instanceof RefusedByPlugin ? error.answer : errorBody(error.publicMessage, exchange.id);
    if (exchange.isAnsweredPlainly) return this.#cut(exchange);
    // The answer that says that a plugin has failed must not depend on plugins, nor one in the place of such an answer.
    exchange.isAnsweredPlainly = isSecond || error.code === "plugin_failed";
    this.#attempt(exchange, () => this.#response.respond(exchange, body));
  }

  /** Something else than the error, or than the upstream's response, is answered (see Fallback). */
  #fallsBack(exchange: Exchange, error: GatewayError | undefined): boolean {
    const fallback = exchange.route?.fallback;
    // Only in the place of what an upstream would have said: not of what plugins or clients did wrong.
    if (fallback === undefined || exchange.upstreamUri === "") return false;
    try {
      return fallback.answer(exchange, error, this.#fallbackWays);
    } catch (thrown) {
      this.#fail(exchange, toGatewayError(thrown));
      return true;
    }
  }

  #replaces(exchange: Exchange): boolean {
    const { upstream } = exchange;
    if (!this.#fallsBack(exchange, undefined)) return false;
    upstream?.abort();
    return true;
  }

  readonly #fallbackWays: FallbackWays = {
    respond: (exchange, body) =>
      this.#attempt(exchange, () => this.#response.respond(exchange, body)),
    forward: (exchange, service) => this.#request.forwardTo(exchange, service),
  };

  #cut(exchange: Exchange): void {
    // In this order: a client's socket may report its end while it is destroyed.
    this.#end(exchange);
    exchange.client.abort();
  }

  #end(exchange: Exchange): void {
    exchange.isOver = true;
    exchange.endedAtMs = performance.now();
    exchange.timeLimit?.stop();
    this.#request.end(exchange);
    exchange.bodies?.abandon();
    if (exchange.underWay !== undefined) for (const giveUp of exchange.underWay) giveUp();
    const at = chainAndStats(exchange);
    if (at !== undefined) countRequest(at, exchange);
    if (at?.chain.hasLog === true) this.#logs.add(exchange);
    else this.#leave(exchange);
  }

  readonly #logs = new Batch<Exchange>((exchanges) => {
    for (const exchange of exchanges) {
      const waiting = chainAndStats(exchange)?.chain.log(exchange, this.#onLogFailed);
      if (waiting === undefined) this.#leave(exchange);
      else void waiting.then(() => this.#leave(exchange));
    }
  });

  #leave(exchange: Exchange): void {
    this.#requestsInFlight--;
    if (exchange.leavings !== undefined) for (const leave of exchange.leavings) leave();
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
function chainAndStats(exchange: Exchange): (Counted & Pick<Route, "chain">) | undefined {
  return exchange.route ?? exchange.snapshot?.noRoute;
}

function isUndecided(exchange: Exchange): boolean {
  return exchange.verdict === undefined && !exchange.isOver;
}
