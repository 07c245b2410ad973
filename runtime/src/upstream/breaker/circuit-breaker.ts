// A circuit breaker by Resilience4j's rules. Closed: calls go through and are counted; when enough of them were counted and
// too many failed or were slow, it opens. Open: nothing goes through until the wait is over. Half-open: so many calls
// go through, and what becomes of all of them decides between closed and open. The other states are left only when
// somebody says so: disabled counts nothing, metrics-only counts, and both let everything through; forced-open nothing.
import type { CircuitBreakerConfig, SettableState } from "../../config/upstream-model.ts";
import type { Clock } from "../clock.ts";
import { CountWindow, TimeWindow } from "./call-window.ts";
import type { CallWindow, Rates } from "./call-window.ts";

export type BreakerState = (typeof BREAKER_STATES)[number];
export const BREAKER_STATES = [
  "closed",
  "open",
  "half_open",
  "disabled",
  "metrics_only",
  "forced_open",
] as const;

export interface CircuitBreakerParts {
  readonly config: CircuitBreakerConfig;
  readonly clock: Clock;
  /** Of the one before it, to be counted on. */
  readonly transitions?: BreakerTransitions | undefined;
  /** {@link CircuitBreaker.permits} may have changed, and with a transition the state has. */
  onChange(transition?: BreakerTransition): void;
}

/** How often it went into which state. */
export type BreakerTransitions = Readonly<Record<BreakerState, number>>;

export interface BreakerTransition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: string;
}

/** Of a call that goes through; its result counts only while the breaker is in the state that it began in. */
export type Permit = number;

export class CircuitBreaker {
  readonly #parts: CircuitBreakerParts;
  readonly #transitions: Record<BreakerState, number>;
  #state: BreakerState = "closed";
  #window: CallWindow;
  /** Grows with each transition. */
  #period: Permit = 1;
  /** Of half-open: calls that may still begin. */
  #permitsLeft = 0;
  #isWaitOver = false;
  /** Of open: when the wait is over. */
  #waitEndsMs = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: CircuitBreakerParts) {
    this.#parts = parts;
    this.#transitions = { ...(parts.transitions ?? NO_TRANSITIONS) };
    this.#window = this.#closedWindow();
    this.set(parts.config.initialState, "the config says so");
  }

  get state(): BreakerState {
    return this.#state;
  }

  get rates(): Rates {
    return this.#window.rates(this.#parts.clock.nowMs());
  }

  get transitions(): BreakerTransitions {
    return this.#transitions;
  }

  /** A call may begin. */
  get permits(): boolean {
    switch (this.#state) {
      case "closed":
      case "disabled":
      case "metrics_only":
        return true;
      case "open":
        return this.#isWaitOver;
      case "half_open":
        return this.#permitsLeft > 0;
      case "forced_open":
        return false;
    }
  }

  /** Until it may permit something again, ms; undefined when nobody knows. */
  get waitLeftMs(): number | undefined {
    return this.#state === "open"
      ? Math.max(0, this.#waitEndsMs - this.#parts.clock.nowMs())
      : undefined;
  }

  /** It must be permitted, and end. */
  begin(): Permit {
    if (this.#state === "open" && this.#isWaitOver) this.#halfOpen("the wait is over");
    if (this.#state === "half_open" && this.#permitsLeft > 0 && --this.#permitsLeft === 0) {
      this.#parts.onChange();
    }
    return this.#period;
  }

  /** What became of a call. */
  record(permit: Permit, isFailure: boolean, durationMs: number): void {
    if (permit !== this.#period || !COUNTING.has(this.#state)) return;
    const { config, clock } = this.#parts;
    const isSlow = durationMs > config.slowCallDurationThresholdMs;
    this.#window.record(isFailure, isSlow, clock.nowMs());
    if (this.#state !== "metrics_only") this.#decide();
  }

  /** A call has ended without a result: its client left, say. */
  release(permit: Permit): void {
    if (permit !== this.#period || this.#state !== "half_open") return;
    if (++this.#permitsLeft === 1) this.#parts.onChange();
  }

  /** Puts it into a state, with all that the state begins with; nothing when it is in it. */
  set(state: SettableState, reason: string): void {
    if (state === this.#state) return;
    if (state === "open") return this.#open(reason);
    this.#window = this.#closedWindow();
    this.#enter(state, reason);
  }

  stop(): void {
    this.#cancelTimer();
  }

  #decide(): void {
    const { config } = this.#parts;
    const isHalfOpen = this.#state === "half_open";
    const rates = this.rates;
    const needed = isHalfOpen
      ? config.permittedNumberOfCallsInHalfOpenState
      : config.minimumNumberOfCalls;
    if (rates.calls < needed) return;
    if (rates.failureRate >= config.failureRateThreshold) {
      return this.#open(`${Math.round(rates.failureRate)} % of ${rates.calls} calls failed`);
    }
    if (rates.slowCallRate >= config.slowCallRateThreshold) {
      return this.#open(`${Math.round(rates.slowCallRate)} % of ${rates.calls} calls were slow`);
    }
    if (isHalfOpen) this.set("closed", `${rates.calls} trial calls went well`);
  }

  #open(reason: string): void {
    const { config, clock } = this.#parts;
    this.#isWaitOver = false;
    this.#waitEndsMs = clock.nowMs() + config.waitDurationInOpenStateMs;
    this.#enter("open", reason);
    this.#after(config.waitDurationInOpenStateMs, () => {
      this.#isWaitOver = true;
      if (config.automaticTransitionFromOpenToHalfOpenEnabled) this.#halfOpen("the wait is over");
      else this.#parts.onChange();
    });
  }

  #halfOpen(reason: string): void {
    const { permittedNumberOfCallsInHalfOpenState: permitted, ...config } = this.#parts.config;
    this.#permitsLeft = permitted;
    this.#window = new CountWindow(permitted);
    this.#enter("half_open", reason);
    if (config.maxWaitDurationInHalfOpenStateMs === 0) return;
    this.#after(config.maxWaitDurationInHalfOpenStateMs, () =>
      this.#open("too few trial calls came to an end"),
    );
  }

  #enter(to: BreakerState, reason: string): void {
    this.#cancelTimer();
    const from = this.#state;
    this.#state = to;
    this.#period++;
    this.#transitions[to]++;
    this.#parts.onChange({ from, to, reason });
  }

  #after(delayMs: number, callback: () => void): void {
    this.#cancelTimer = this.#parts.clock.after(delayMs, callback);
  }

  #closedWindow(): CallWindow {
    const { slidingWindowType, slidingWindowSize } = this.#parts.config;
    return slidingWindowType === "COUNT_BASED"
      ? new CountWindow(slidingWindowSize)
      : new TimeWindow(slidingWindowSize);
  }
}

const COUNTING: ReadonlySet<BreakerState> = new Set([
  "closed",
  "half_open",
  "metrics_only",
] as const);

export const NO_TRANSITIONS: BreakerTransitions = {
  closed: 0,
  open: 0,
  half_open: 0,
  disabled: 0,
  metrics_only: 0,
  forced_open: 0,
};
