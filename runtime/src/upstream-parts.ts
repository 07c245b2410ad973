// The upstreams of a thread, with what they need of the rest: sockets to probe with, a log, and random numbers.
import type { Logger } from "./log.ts";
import type { Platform } from "./platform/socket.ts";
import { newRequestId } from "./request-id.ts";
import { systemClock } from "./upstream/clock.ts";
import { createProbe } from "./upstream/health/probe.ts";
import { Upstreams } from "./upstream/upstreams.ts";

const OUTLIER_WORDS = {
  ejected: "is ejected",
  returned: "is no longer ejected",
  spared: "is an outlier, but too many are out already",
} as const;

/** One of so many threads. */
const LEVEL_WORDS = {
  used: "is in use",
  unused: "is not in use any more",
  panic: "is in panic, all of its targets are used",
  panic_over: "is no longer in panic",
} as const;

export function threadUpstreams(
  platform: Platform,
  log: Pick<Logger, "info" | "warn">,
  threads: number,
): Upstreams {
  return new Upstreams({
    clock: systemClock,
    random: Math.random,
    threads,
    newCookieValue: newRequestId,
    probe: ({ healthchecks, hostHeader }) =>
      healthchecks.active === undefined
        ? () => Promise.resolve({ kind: "not_probed", detail: "no active checks" })
        : createProbe({ config: healthchecks.active, hostHeader, platform, clock: systemClock }),
    onTransition: ({ upstream, target, isHealthy, reason }) => {
      const fields = { upstream, target, health: isHealthy ? "HEALTHY" : "UNHEALTHY", reason };
      const message = `target ${target} of ${upstream} is ${isHealthy ? "healthy again" : "unhealthy"}: ${reason}`;
      if (isHealthy) log.info(message, fields);
      else log.warn(message, fields);
    },
    onBreakerTransition: ({ upstream, target, route, from, to, reason }) => {
      const fields = { upstream, target, route, circuit_breaker: to, from, reason };
      const whose =
        target === undefined
          ? `${route === undefined ? "" : `route ${route} to `}${upstream}`
          : `target ${target} of ${upstream}`;
      const message = `circuit breaker of ${whose} is ${to}: ${reason}`;
      if (to === "open" || to === "forced_open") log.warn(message, fields);
      else log.info(message, fields);
    },
    onOutlier: ({ kind, upstream, target, reason, lastsMs }) => {
      const fields = { upstream, target, reason, ejection: kind, ejection_time_ms: lastsMs };
      const message = `target ${target} of ${upstream} ${OUTLIER_WORDS[kind]}: ${reason}`;
      if (kind === "returned") log.info(message, fields);
      else log.warn(message, fields);
    },
    onLevelChange: ({ kind, upstream, priority, load, healthy }) => {
      const fields = { upstream, priority, change: kind, load, healthy_weight_percent: healthy };
      const why = `${Math.round(healthy)} % of its weight is healthy, it gets ${Math.round(load)} % of the requests`;
      const message = `priority ${priority} of ${upstream} ${LEVEL_WORDS[kind]}: ${why}`;
      if (kind === "panic") log.warn(message, fields);
      else log.info(message, fields);
    },
  });
}
