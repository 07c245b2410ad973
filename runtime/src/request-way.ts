// The way of a request to its upstream, which pipeline.ts begins and response-way.ts ends:
//   forward -> (request_body) -> (admission) -> pick -> try -> (transport)
import { leadRequestThrough } from "./bodies/lead-through.ts";
import type { Deadlines } from "./deadlines.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import type { Exchange, TryKind } from "./exchange.ts";
import { hasWholeBody } from "./http1/replay.ts";
import type { RouteMatch } from "./routing/router.ts";
import { upstreamPath } from "./routing/upstream-path.ts";
import type { Route, Service } from "./snapshot.ts";
import { admit } from "./upstream/admission.ts";
import { waitingClock } from "./tries/waiting-clock.ts";
import type { TryPolicy } from "./tries/try-policy.ts";
import { TrySeries } from "./tries/try-series.ts";
import type { ResponseReceiver } from "./upstream/transport.ts";
import { beginTry, endTry, failTry } from "./upstream/tries.ts";
import { callOf, pickTarget, poolOf } from "./upstream/try-target.ts";

/** The pipeline's side of the way: it decides what becomes of the exchange. */
export interface RequestOwner {
  /** Runs a step; what it throws ends the request. */
  attempt(exchange: Exchange, step: (exchange: Exchange) => void): void;
  /** No try is left. */
  fail(exchange: Exchange, error: GatewayError): void;
}

export class RequestWay {
  readonly #owner: RequestOwner;
  readonly #response: ResponseReceiver;
  readonly #deadlines: Deadlines;

  constructor(owner: RequestOwner, response: ResponseReceiver, deadlines: Deadlines) {
    this.#owner = owner;
    this.#response = response;
    this.#deadlines = deadlines;
  }

  /** Throws what keeps the request from its first try. */
  forward(exchange: Exchange): void {
    const { service, chain } = routeOf(exchange);
    if (service === undefined) throw new GatewayError("no_service", "the route has none");
    exchange.upstreamUri = upstreamUri(exchange, service);
    if (exchange.bodies !== undefined || chain.seesRequestBodies) {
      const onFailed = (thrown: unknown): void =>
        this.#owner.fail(exchange, toGatewayError(thrown));
      leadRequestThrough(exchange, chain, onFailed);
    }
    const { bulkhead } = routeOf(exchange);
    if (bulkhead === undefined) return this.#begin(exchange, service);
    admit(exchange, { admission: bulkhead, kind: "first" }, (refused) => {
      this.#owner.attempt(exchange, () => {
        if (refused !== undefined) throw refused;
        // For as long as the request lasts, whatever becomes of its tries.
        (exchange.underWay ??= new Set()).add(() => bulkhead.leave(exchange, "first", undefined));
        this.#begin(exchange, service);
      });
    });
  }

  #begin(exchange: Exchange, service: Service): void {
    const { tryPolicy } = routeOf(exchange);
    if (tryPolicy === undefined) return this.#enter(exchange, service, FIRST);
    exchange.series = this.#series(exchange, service, tryPolicy);
    exchange.series.start();
  }

  #series(exchange: Exchange, service: Service, policy: TryPolicy): TrySeries {
    return new TrySeries({
      exchange,
      service,
      policy,
      deadlines: this.#deadlines,
      clock: waitingClock,
      random: Math.random,
      response: this.#receiver(exchange),
      fail: (error) => this.#owner.fail(exchange, error),
    });
  }

  /** To another service than the route's, after that one has failed; false when the body is gone. */
  forwardTo(exchange: Exchange, service: Service): boolean {
    const hasBody = (): boolean => hasWholeBody(exchange) || exchange.requestBody.withdrawBody();
    if (exchange.forwardedAtMs !== 0 && !hasBody()) return false;
    exchange.series?.stop();
    exchange.series = undefined;
    exchange.fallbackService = service;
    exchange.fallbackTriesStart = exchange.tries?.length ?? 0;
    exchange.upstreamUri = upstreamUri(exchange, service);
    this.#owner.attempt(exchange, () => this.#enter(exchange, service, FIRST));
    return true;
  }

  /** Before a response: another target may have one. After its head: it is cut. */
  onFault(exchange: Exchange, error: GatewayError): void {
    const attempt = exchange.tries?.at(-1);
    if (attempt !== undefined) failTry(exchange, attempt, error);
    const service = exchange.fallbackService ?? exchange.route?.service;
    if (service === undefined || !mayRetry(exchange, service, error)) {
      return this.#owner.fail(exchange, error);
    }
    const isFresh = error.code === "upstream_stale";
    this.#owner.attempt(exchange, () => this.#enter(exchange, service, { kind: "retry", isFresh }));
  }

  /** What an upstream says makes no difference any more. */
  abandon(exchange: Exchange): void {
    exchange.upstream?.abort();
    exchange.series?.stop();
  }

  /** The exchange is over, and its tries with it. */
  end(exchange: Exchange): void {
    exchange.series?.stop();
    const { tries } = exchange;
    if (tries !== undefined) for (const attempt of tries) endTry(exchange, attempt);
  }

  #enter(exchange: Exchange, service: Service, next: NextTry): void {
    const pool = poolOf(exchange, service);
    const { admission } = pool;
    if (admission === undefined) return this.#try(exchange, service, next);
    admit(exchange, { admission, kind: next.kind }, (refused) => {
      this.#owner.attempt(exchange, () => {
        if (refused !== undefined) throw refused;
        this.#try(exchange, service, next);
      });
    });
  }

  #try(exchange: Exchange, service: Service, { kind, isFresh }: NextTry): void {
    const target = pickTarget(exchange, service, kind);
    beginTry(exchange, poolOf(exchange, service), target, kind);
    const call = callOf(exchange, service, target, isFresh);
    service.transport.call(exchange, call, this.#receiver(exchange));
  }

  #receiver(exchange: Exchange): ResponseReceiver {
    return exchange.route?.fallback?.receiver(exchange, this.#response) ?? this.#response;
  }
}

interface NextTry {
  readonly kind: TryKind;
  readonly isFresh: boolean;
}

const FIRST: NextTry = { kind: "first", isFresh: false };

export function routeOf(exchange: Exchange): Route {
  if (exchange.route === undefined) throw new GatewayError("internal", "the request has no route");
  return exchange.route;
}

function upstreamUri(exchange: Exchange, service: Service): string {
  const match = exchange.match as RouteMatch; // Set with the route, which the caller has.
  const path = exchange.pathOverride ?? upstreamPath(match, service.config.path, exchange.path);
  if (path === undefined) throw new GatewayError("bad_request", "what strip_path leaves is unsafe");
  if (match.stripPath) exchange.prefixLength = match.prefixLength;
  return exchange.query === "" ? path : `${path}?${exchange.query}`;
}

/** Only what certainly did not reach a target, or may be done twice, is sent again (RFC 9110 §9.2.2). */
function mayRetry(exchange: Exchange, service: Service, error: GatewayError): boolean {
  if (!error.isRetryable || exchange.isHeadSent || exchange.isOver) return false;
  // Each service has its own number of tries.
  const failed = (exchange.tries ?? []).slice(exchange.fallbackTriesStart);
  const stale = failed.filter((each) => each.error?.code === "upstream_stale").length;
  if (error.code === "upstream_stale") return stale <= 1;
  return failed.length - stale <= service.config.retries;
}
