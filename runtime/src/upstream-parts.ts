// The upstreams of a thread, with what they need of the rest: sockets to probe with, a log, and random numbers.
import type { Logger } from "./log.ts";
import type { Platform } from "./platform/socket.ts";
import { newRequestId } from "./request-id.ts";
import { systemClock } from "./upstream/clock.ts";
import { socketProbe } from "./upstream/health/probe.ts";
import { Upstreams } from "./upstream/upstreams.ts";

export function threadUpstreams(platform: Platform, log: Pick<Logger, "info" | "warn">): Upstreams {
  return new Upstreams({
    clock: systemClock,
    random: Math.random,
    newCookieValue: newRequestId,
    probe: ({ healthchecks, hostHeader }) =>
      healthchecks.active === undefined
        ? () => Promise.resolve({ kind: "not_probed", detail: "no active checks" })
        : socketProbe({ config: healthchecks.active, hostHeader, platform, clock: systemClock }),
    onTransition: ({ upstream, target, isHealthy, reason }) => {
      const fields = { upstream, target, health: isHealthy ? "HEALTHY" : "UNHEALTHY", reason };
      const message = `target ${target} of ${upstream} is ${isHealthy ? "healthy again" : "unhealthy"}: ${reason}`;
      if (isHealthy) log.info(message, fields);
      else log.warn(message, fields);
    },
    onBreakerTransition: ({ upstream, target, from, to, reason }) => {
      const fields = { upstream, target, circuit_breaker: to, from, reason };
      const message = `circuit breaker of target ${target} of ${upstream} is ${to}: ${reason}`;
      if (to === "open") log.warn(message, fields);
      else log.info(message, fields);
    },
  });
}
