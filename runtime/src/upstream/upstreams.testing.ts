// Upstreams for tests, of which only the interesting parts are spelled out.
import type {
  ActiveCheckConfig,
  CheckRules,
  CircuitBreakerConfig,
  HealthchecksConfig,
  OutlierDetectionConfig,
  UpstreamConfig,
} from "../config/upstream-model.ts";
import type { Balancer } from "./balancer.ts";
import type { Clock } from "./clock.ts";
import { TargetState } from "./target-state.ts";
import { targetAt } from "./target.ts";
import type { Target } from "./target.ts";
import type { Transition } from "./events.ts";
import { Upstreams } from "./upstreams.ts";
import type { UpstreamsParts } from "./upstreams.ts";

/** Nothing is checked. */
export const NO_HEALTHCHECKS: HealthchecksConfig = {
  threshold: 0,
  active: undefined,
  passive: undefined,
};

/** `pool`, round-robin and unchecked, unless said otherwise. */
export function upstreamConfig(parts: Partial<UpstreamConfig> = {}): UpstreamConfig {
  return {
    id: "u",
    name: "pool",
    algorithm: "round-robin",
    slots: 10_000,
    hashOn: { kind: "none" },
    hashFallback: { kind: "none" },
    hashOnCookiePath: "/",
    stickyCookie: undefined,
    hostHeader: undefined,
    healthchecks: NO_HEALTHCHECKS,
    overprovisioningFactor: 140,
    healthyPanicThreshold: 0,
    slowStart: undefined,
    outlierDetection: undefined,
    circuitBreaker: undefined,
    targets: [],
    source: { path: "", line: 1, column: 1 },
    ...parts,
  };
}

/** Upstreams that nobody probes. */
export function testUpstreams(parts: Partial<UpstreamsParts> = {}): Upstreams {
  return new Upstreams({
    clock: new FakeClock(),
    probe: () => () => Promise.resolve({ kind: "not_probed", detail: "nobody probes" }),
    onTransition: () => undefined,
    onBreakerTransition: () => undefined,
    onOutlier: () => undefined,
    onLevelChange: () => undefined,
    random: Math.random,
    threads: 1,
    newCookieValue: () => "new",
    ...parts,
  });
}

/** From now on these of the targets that the balancer was made for count, and no others. */
export function use(
  balancer: Balancer,
  targets: readonly Target[],
  usable: readonly Target[] = targets,
): void {
  for (const [place, target] of targets.entries()) {
    balancer.weigh(place, usable.includes(target) ? target.weight : 0);
  }
}

/** Targets by name and weight, each with a state of its own. */
export function targetsOf(weights: Readonly<Record<string, number>>): Target[] {
  return Object.entries(weights).map(([id, weight]) => ({
    ...targetAt({ id, host: id, port: 80, weight }),
    state: new TargetState(),
  }));
}

/** So many equal targets. */
export function manyTargets(count: number): Target[] {
  return targetsOf(Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, 100])));
}

export function transitionLines(transitions: readonly Transition[]): string[] {
  return transitions.map(
    ({ target, isHealthy, reason }) => `${target} ${isHealthy ? "up" : "down"}: ${reason}`,
  );
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Goes on; what is due happens in order, each thing with all that follows from it. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].toSorted((one, other) => one.atMs - other.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

/** Lets all promises that can go on do so. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Envoy's defaults, but that one of all may be ejected. */
export function outlierConfig(parts: Partial<OutlierDetectionConfig> = {}): OutlierDetectionConfig {
  return {
    intervalMs: 10_000,
    baseEjectionTimeMs: 30_000,
    maxEjectionTimeMs: 300_000,
    maxEjectionTimeJitterMs: 0,
    maxEjectionPercent: 10,
    alwaysEjectOneHost: true,
    minHealthPercent: 0,
    consecutive5xx: 5,
    consecutiveGatewayFailure: 5,
    consecutiveLocalOriginFailure: 5,
    successRateMinimumHosts: 5,
    successRateRequestVolume: 100,
    successRateStdevFactor: 1900,
    failurePercentageThreshold: 85,
    failurePercentageMinimumHosts: 5,
    failurePercentageRequestVolume: 50,
    splitExternalLocalOriginErrors: false,
    successfulActiveHealthCheckUnejectHost: true,
    ...parts,
    enforcing: {
      consecutive_5xx: 100,
      consecutive_gateway_failure: 0,
      consecutive_local_origin_failure: 100,
      success_rate: 100,
      local_origin_success_rate: 100,
      failure_percentage: 0,
      failure_percentage_local_origin: 0,
      ...parts.enforcing,
    },
  };
}

/** 200 is good and 500 bad; what is not given counts for nothing. */
export function checkRules(counts: Partial<CheckRules>): CheckRules {
  return {
    healthyStatuses: new Set([200]),
    unhealthyStatuses: new Set([500]),
    successes: 0,
    httpFailures: 0,
    tcpFailures: 0,
    timeouts: 0,
    ...counts,
  };
}

/** Probes of both healthy and unhealthy targets each second; one failure or success is enough. */
export function activeCheck(parts: Partial<ActiveCheckConfig> = {}): ActiveCheckConfig {
  return {
    type: "http",
    sni: undefined,
    verifiesCertificate: true,
    path: "/",
    timeoutMs: 1000,
    concurrency: 10,
    headers: [],
    healthyIntervalMs: 1000,
    unhealthyIntervalMs: 1000,
    rules: checkRules({ successes: 1, httpFailures: 1, tcpFailures: 1, timeouts: 1 }),
    ...parts,
  };
}

/** Of the last 4 calls 50 % must fail, or all be slower than 1 s; it waits 1 s and permits 2 trial calls. */
export function breakerConfig(parts: Partial<CircuitBreakerConfig> = {}): CircuitBreakerConfig {
  return {
    failureRateThreshold: 50,
    slowCallRateThreshold: 100,
    slowCallDurationThresholdMs: 1000,
    waitDurationInOpenStateMs: 1000,
    permittedNumberOfCallsInHalfOpenState: 2,
    maxWaitDurationInHalfOpenStateMs: 0,
    slidingWindowType: "COUNT_BASED",
    slidingWindowSize: 4,
    minimumNumberOfCalls: 4,
    automaticTransitionFromOpenToHalfOpenEnabled: false,
    failureStatuses: new Set([500, 503]),
    recordExceptions: undefined,
    ignoreExceptions: new Set(),
    initialState: "closed",
    per: "target",
    ...parts,
  };
}
