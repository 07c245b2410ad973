// Upstreams that live through configs, probes and requests, in a test.
import assert from "node:assert/strict";
import type { HealthchecksConfig, UpstreamConfig } from "../config/upstream-model.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { exchangeOf } from "../exchange.testing.ts";
import type { Try } from "../exchange.ts";
import type { BalancedTargets } from "./balanced-targets.ts";
import type { Probe, ProbeResult } from "./health/probe.ts";
import type { Target } from "./target.ts";
import type { LevelChange, OutlierEvent, Transition } from "./events.ts";
import type { Upstreams } from "./upstreams.ts";
import {
  activeCheck,
  checkRules,
  FakeClock,
  NO_HEALTHCHECKS,
  testUpstreams,
  transitionLines,
  upstreamConfig,
} from "./upstreams.testing.ts";
import { answerTry } from "./tries.ts";

export const PASSIVE: HealthchecksConfig = {
  ...NO_HEALTHCHECKS,
  passive: checkRules({ successes: 1, httpFailures: 2, tcpFailures: 1, timeouts: 1 }),
};
export const ACTIVE: HealthchecksConfig = { ...NO_HEALTHCHECKS, active: activeCheck() };
export const EQUAL: Readonly<Record<string, number>> = { a: 100, b: 100, c: 100 };

/** The upstream `pool` of one config after the other. */
export class Live {
  readonly clock: FakeClock = new FakeClock();
  readonly transitions: Transition[] = [];
  readonly breakerLines: string[] = [];
  readonly outliers: OutlierEvent[] = [];
  readonly levelChanges: LevelChange[] = [];
  /** What probes find, by host. */
  readonly answers: Map<string, ProbeResult> = new Map();
  readonly probed: string[] = [];
  readonly upstreams: Upstreams;
  pool: BalancedTargets;

  constructor(config: UpstreamConfig) {
    const probe: Probe = ({ host }) => {
      this.probed.push(`${this.clock.nowMs()} ${host}`);
      return Promise.resolve(this.answers.get(host) ?? { kind: "status", status: 200 });
    };
    this.upstreams = testUpstreams({
      clock: this.clock,
      probe: () => probe,
      onOutlier: (event) => this.outliers.push(event),
      onLevelChange: (change) => this.levelChanges.push(change),
      onTransition: (transition) => this.transitions.push(transition),
      onBreakerTransition: ({ upstream, target, route, from, to, reason }) => {
        const whose = route === undefined ? upstream : `${route} > ${upstream}`;
        this.breakerLines.push(`${target ?? whose} ${from} > ${to}: ${reason}`);
      },
    });
    this.pool = this.load(config);
  }

  /** Another config; its pool. */
  load(config: UpstreamConfig): BalancedTargets {
    this.pool = this.upstreams.pool(config);
    this.upstreams.activate([{ balancer: this.pool }], []);
    return this.pool;
  }

  get lines(): string[] {
    return transitionLines(this.transitions);
  }

  target(host: string): Target {
    const found = this.pool.targets.find((target) => target.host === host);
    assert.ok(found !== undefined);
    return found;
  }

  try(host: string): Try {
    const { observer } = this.pool;
    return { target: this.target(host), observer, startedAtMs: 0, error: undefined };
  }

  fails(host: string, code: ErrorCode, cause?: unknown): void {
    this.pool.observer?.failed(this.try(host), new GatewayError(code, "x", cause), 1);
  }

  /** A try that gets a whole response. */
  gets(host: string, status: number): void {
    const attempt = this.try(host);
    attempt.observer?.begin(attempt);
    answerTry(attempt, status, 1);
    attempt.observer?.end(attempt);
  }

  /** Hosts that get requests. */
  get used(): string {
    const hosts = Array.from({ length: 50 }, () => this.pool.pick(exchangeOf(), [])?.host ?? "-");
    return [...new Set(hosts)].toSorted().join(" ");
  }
}

/** Targets by host and weight. */
export function configOf(
  healthchecks: HealthchecksConfig,
  weights: Record<string, number>,
): UpstreamConfig {
  const targets = Object.entries(weights).map(([host, weight]) => ({
    id: host,
    host,
    port: 80,
    weight,
    priority: 0,
  }));
  return upstreamConfig({ healthchecks, targets });
}
