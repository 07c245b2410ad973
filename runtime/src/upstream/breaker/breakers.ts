// The circuit breakers of an upstream: one for each of its targets, one for all of it, or one for each route that leads to it.
import { isDeepStrictEqual } from "node:util";
import type { CircuitBreakerConfig, SettableState } from "../../config/upstream-model.ts";
import type { GatewayError } from "../../errors.ts";
import type { Exchange, Try } from "../../exchange.ts";
import type { Route } from "../../snapshot.ts";
import type { Clock } from "../clock.ts";
import type { Target } from "../target.ts";
import type { TargetState } from "../target-state.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import type { BreakerTransition } from "./circuit-breaker.ts";
import { CircuitOpen } from "./circuit-open.ts";
import { errorOutcome } from "./failures.ts";
import { breakerReport } from "./report.ts";
import type { BreakerReport, RouteBreakerReport } from "./report.ts";

export interface BreakersParts {
  readonly upstream: string;
  readonly clock: Clock;
  /** A target's breaker lets something through that it did not, or the other way round. */
  onTargetChange(address: string): void;
  onTransition(transition: ScopedTransition): void;
}

/** Of the breaker of a target or of a route; of that of the whole upstream without either. */
export interface ScopedTransition extends BreakerTransition {
  readonly upstream: string;
  readonly target: string | undefined;
  /** Its name, or its id. */
  readonly route: string | undefined;
}

/** Whose breakers: that of one target or route, or all that the upstream has. */
export interface BreakerScope {
  readonly target?: string;
  /** Name or id. */
  readonly route?: string;
}

export interface BreakersReport {
  readonly circuitBreaker: BreakerReport | undefined;
  readonly routeBreakers: readonly RouteBreakerReport[];
}

/** A route with a circuit breaker of its own. */
interface RouteBreaker {
  /** Its name, or its id. */
  readonly route: string;
  readonly breaker: CircuitBreaker;
}

export class Breakers {
  readonly #parts: BreakersParts;
  readonly #targets: ReadonlyMap<string, TargetState>;
  #config: CircuitBreakerConfig | undefined;
  /** Of the whole upstream. */
  #own: CircuitBreaker | undefined;
  /** By the route's id. */
  readonly #routes = new Map<string, RouteBreaker>();

  /** `targets`, by address, is the upstream's own map: what comes and goes there does so here. */
  constructor(parts: BreakersParts, targets: ReadonlyMap<string, TargetState>) {
    this.#parts = parts;
    this.#targets = targets;
  }

  /** All but those of targets, which are shown with them. */
  report(): BreakersReport {
    return {
      circuitBreaker: this.#own && breakerReport(this.#own),
      routeBreakers: [...this.#routes.values()].map(({ route, breaker }) => ({
        route,
        ...breakerReport(breaker),
      })),
    };
  }

  /** Those of the same config stay as they are. `routes` are those that lead to the upstream. */
  renew(config: CircuitBreakerConfig | undefined, routes: readonly Route[]): void {
    const isSame = isDeepStrictEqual(config, this.#config);
    this.#config = config;
    if (!isSame) this.#renewOwn();
    this.#renewRoutes(routes, isSame);
    for (const [address, state] of this.#targets) {
      if (isSame && state.breaker !== undefined) continue;
      const hadOne = state.breaker !== undefined;
      state.breaker?.stop();
      this.add(address, state);
      if (hadOne) this.#parts.onTargetChange(address);
    }
  }

  /** A target that comes gets its breaker, if targets have one. */
  add(address: string, state: TargetState): void {
    const old = state.breaker;
    state.breaker = undefined;
    if (this.#config?.per !== "target") return;
    const onChange = (): void => this.#parts.onTargetChange(address);
    state.breaker = this.#create(this.#config, { target: address, onChange, old });
  }

  #renewOwn(): void {
    const old = this.#own;
    old?.stop();
    this.#own = undefined;
    if (this.#config?.per === "upstream") this.#own = this.#create(this.#config, { old });
  }

  #renewRoutes(routes: readonly Route[], isSame: boolean): void {
    const live = new Set(routes.map(({ config }) => config.id));
    for (const [id, { breaker }] of this.#routes) {
      if (isSame && live.has(id)) continue;
      breaker.stop();
      this.#routes.delete(id);
    }
    for (const route of routes) this.#ofRoute(route);
  }

  /** Undefined when routes have none. A plugin may send requests of any route here. */
  #ofRoute({ config: { id, name } }: Route): CircuitBreaker | undefined {
    if (this.#config?.per !== "route") return undefined;
    const found = this.#routes.get(id)?.breaker;
    if (found !== undefined) return found;
    const route = name ?? id;
    const breaker = this.#create(this.#config, { route });
    this.#routes.set(id, { route, breaker });
    return breaker;
  }

  #create(config: CircuitBreakerConfig, { target, route, onChange, old }: Owner): CircuitBreaker {
    const { clock, upstream, onTransition } = this.#parts;
    return new CircuitBreaker({
      config,
      clock,
      transitions: old?.transitions,
      onChange: (transition) => {
        onChange?.();
        if (transition !== undefined) onTransition({ upstream, target, route, ...transition });
      },
    });
  }

  /** As far as the breaker of the upstream or of the request's route is concerned. */
  permits({ route }: Exchange): boolean {
    return (this.#own ?? (route && this.#ofRoute(route)))?.permits ?? true;
  }

  /** Why a request gets no target; undefined when breakers are not what keeps it from all these, which are healthy. */
  refusal({ route }: Exchange, healthy: readonly Target[]): GatewayError | undefined {
    const { upstream } = this.#parts;
    const breaker = this.#own ?? (route && this.#ofRoute(route));
    if (breaker?.permits === false) {
      const whose = this.#own === undefined ? `a route to ${upstream}` : upstream;
      return new CircuitOpen(whose, breaker.waitLeftMs);
    }
    const breakers = healthy.map(({ state }) => state?.breaker);
    if (healthy.length === 0 || breakers.some((each) => each?.permits !== false)) return undefined;
    const waits = breakers.flatMap((each) => each?.waitLeftMs ?? []);
    const waitLeftMs = waits.length === 0 ? undefined : Math.min(...waits);
    return new CircuitOpen(`every target of ${upstream}`, waitLeftMs);
  }

  begin(attempt: Try): void {
    const { target, route } = attempt;
    const breaker = this.#own ?? target.state?.breaker ?? (route && this.#ofRoute(route));
    attempt.breaker = breaker;
    attempt.permit = breaker?.begin();
  }

  answered(attempt: Try, status: number, latencyMs: number): void {
    this.#record(attempt, this.#config?.failureStatuses.has(status) ?? false, latencyMs);
  }

  failed(attempt: Try, error: GatewayError, latencyMs: number): void {
    const outcome = this.#config && errorOutcome(error, this.#config);
    if (outcome !== undefined) this.#record(attempt, outcome === "failure", latencyMs);
  }

  /** Once for each try: what the response's head says, or the failure before it. */
  #record(attempt: Try, isFailure: boolean, latencyMs: number): void {
    const { permit, breaker } = attempt;
    if (permit === undefined) return;
    attempt.permit = undefined;
    breaker?.record(permit, isFailure, latencyMs);
  }

  /** Of a try that came to nothing, the permit goes back. */
  end({ breaker, permit }: Try): void {
    if (permit !== undefined) breaker?.release(permit);
  }

  /** Puts the breakers of a scope into a state; false when there is none. */
  set({ target, route }: BreakerScope, state: SettableState, reason: string): boolean {
    const breakers =
      target === undefined && route === undefined
        ? this.#all()
        : [target !== undefined && this.#targets.get(target)?.breaker, this.#named(route)];
    const found = breakers.filter((breaker) => breaker instanceof CircuitBreaker);
    for (const breaker of found) breaker.set(state, reason);
    return found.length > 0;
  }

  stop(): void {
    for (const breaker of this.#all()) breaker.stop();
  }

  #all(): CircuitBreaker[] {
    const ofTargets = [...this.#targets.values()].flatMap(({ breaker }) => breaker ?? []);
    const ofRoutes = [...this.#routes.values()].map(({ breaker }) => breaker);
    return [...(this.#own === undefined ? [] : [this.#own]), ...ofTargets, ...ofRoutes];
  }

  #named(route: string | undefined): CircuitBreaker | undefined {
    for (const [id, each] of this.#routes) {
      if (id === route || each.route === route) return each.breaker;
    }
    return undefined;
  }
}

interface Owner {
  readonly target?: string;
  readonly route?: string;
  readonly onChange?: () => void;
  /** Whose transitions are counted on. */
  readonly old?: CircuitBreaker | undefined;
}
