// Where a try goes: the pool of the request's service or of a plugin's choice, a target of it, and what it is asked.
import { GatewayError } from "../errors.ts";
import type { Exchange, TryKind } from "../exchange.ts";
import type { Service } from "../snapshot.ts";
import type { UpstreamChoice } from "../upstream-choice.ts";
import type { TargetPool } from "./balancer.ts";
import { deadlineLines } from "./deadline-field.ts";
import type { Target } from "./target.ts";
import type { UpstreamCall } from "./transport.ts";

/** What a plugin has chosen, unless that has failed and something else is asked instead. */
function destination(exchange: Exchange, service: Service): UpstreamChoice | Service {
  if (exchange.fallbackService !== undefined) return service;
  return exchange.upstreamChoice ?? service;
}

export function poolOf(exchange: Exchange, service: Service): TargetPool {
  return destination(exchange, service).balancer;
}

/** One that was not tried yet, while there is one. What was let in leaves again when there is none. */
export function pickTarget(exchange: Exchange, service: Service, kind: TryKind): Target {
  const pool = poolOf(exchange, service);
  const tried = exchange.tries?.map((each) => each.target) ?? NO_TARGETS;
  const target = pool.pick(exchange, tried);
  if (target !== undefined) return target;
  pool.admission?.leave(exchange, kind, undefined);
  throw pool.refusal?.(exchange) ?? new GatewayError("no_target", "no target may be used");
}

export function callOf(
  exchange: Exchange,
  service: Service,
  target: Target,
  isFresh: boolean,
): UpstreamCall {
  const { connectTimeoutMs, writeTimeoutMs, readTimeoutMs } = service.config;
  const { route } = exchange;
  const deadline = route?.deadline;
  return {
    target,
    uri: exchange.upstreamUri,
    host: hostHeader(exchange, service, target),
    lines:
      deadline === undefined
        ? ""
        : deadlineLines(exchange, deadline, route?.tryPolicy?.retry.perTryTimeoutMs),
    responseHeaderTimeoutMs: route?.responseHeaderTimeoutMs ?? Infinity,
    connectTimeoutMs,
    writeTimeoutMs,
    readTimeoutMs,
    connections: poolOf(exchange, service).connections,
    isFresh,
  };
}

function hostHeader(exchange: Exchange, service: Service, target: Target): string {
  // An app is no other host: it sees the one that the client asked for.
  if (service.config.protocol === "app") return exchange.authority;
  if (exchange.route?.preserveHost === true) return exchange.authority;
  const { hostHeader: given } = destination(exchange, service);
  const { authority = target.address, port } = target;
  return given ?? (port === 80 ? authority.slice(0, -":80".length) : authority);
}

const NO_TARGETS: readonly Target[] = [];
