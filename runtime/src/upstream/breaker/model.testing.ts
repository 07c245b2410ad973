// Resilience4j's published rules of a circuit breaker, written as plainly as can be: every call is kept, nothing is counted
// ahead, and what time brings about is worked out when somebody looks. One rule is ours: a call counts only in the
// state that it began in.
import type { CircuitBreakerConfig, SettableState } from "../../config/upstream-model.ts";
import type { BreakerState } from "./circuit-breaker.ts";

interface Call {
  readonly atSecond: number;
  readonly isFailure: boolean;
  readonly isSlow: boolean;
}

export class ModelBreaker {
  readonly #config: CircuitBreakerConfig;
  readonly states: BreakerState[] = ["closed"];
  #enteredAtMs = 0;
  #calls: Call[] = [];
  /** Of half-open: begun and not taken back. */
  #begun = 0;

  constructor(config: CircuitBreakerConfig) {
    this.#config = config;
  }

  get state(): BreakerState {
    return this.states.at(-1) ?? "closed";
  }

  /** How many times it went from one state into another: what calls that are under way remember. */
  get period(): number {
    return this.states.length;
  }

  /** What happens by itself until then. */
  passTo(nowMs: number): void {
    const { waitDurationInOpenStateMs: waitMs, maxWaitDurationInHalfOpenStateMs: maxWaitMs } =
      this.#config;
    for (;;) {
      const openEndsMs = this.#enteredAtMs + waitMs;
      const halfOpenEndsMs = this.#enteredAtMs + maxWaitMs;
      const isAutomatic = this.#config.automaticTransitionFromOpenToHalfOpenEnabled;
      if (this.state === "open" && isAutomatic && nowMs >= openEndsMs) {
        this.#enter("half_open", openEndsMs);
      } else if (this.state === "half_open" && maxWaitMs > 0 && nowMs >= halfOpenEndsMs) {
        this.#enter("open", halfOpenEndsMs);
      } else {
        return;
      }
    }
  }

  permits(nowMs: number): boolean {
    const { waitDurationInOpenStateMs, permittedNumberOfCallsInHalfOpenState } = this.#config;
    if (this.state === "forced_open") return false;
    if (this.state === "open") return nowMs >= this.#enteredAtMs + waitDurationInOpenStateMs;
    if (this.state === "half_open") return this.#begun < permittedNumberOfCallsInHalfOpenState;
    return true;
  }

  begin(nowMs: number): void {
    if (this.state === "open") this.#enter("half_open", nowMs);
    if (this.state === "half_open") this.#begun++;
  }

  release(period: number): void {
    if (period === this.period && this.state === "half_open") this.#begun--;
  }

  record(period: number, isFailure: boolean, durationMs: number, nowMs: number): void {
    if (period !== this.period || this.state === "disabled") return;
    const isSlow = durationMs > this.#config.slowCallDurationThresholdMs;
    this.#calls.push({ atSecond: Math.floor(nowMs / 1000), isFailure, isSlow });
    if (this.state !== "closed" && this.state !== "half_open") return;
    const { calls, failures, slow } = this.counts(nowMs);
    const { minimumNumberOfCalls, permittedNumberOfCallsInHalfOpenState } = this.#config;
    const isTrial = this.state === "half_open";
    if (calls < (isTrial ? permittedNumberOfCallsInHalfOpenState : minimumNumberOfCalls)) return;
    const { failureRateThreshold, slowCallRateThreshold } = this.#config;
    const isBad =
      failures * 100 >= failureRateThreshold * calls || slow * 100 >= slowCallRateThreshold * calls;
    if (isBad) this.#enter("open", nowMs);
    else if (isTrial) this.#enter("closed", nowMs);
  }

  set(state: SettableState, nowMs: number): void {
    if (state !== this.state) this.#enter(state, nowMs);
  }

  /** Of the calls that a decision goes by. */
  counts(nowMs: number): { calls: number; failures: number; slow: number } {
    const { slidingWindowType, slidingWindowSize } = this.#config;
    const isTrial = this.state === "half_open";
    const oldest = Math.floor(nowMs / 1000) - slidingWindowSize;
    const isByTime = slidingWindowType === "TIME_BASED" && !isTrial;
    const size = isTrial ? this.#config.permittedNumberOfCallsInHalfOpenState : slidingWindowSize;
    const inWindow = isByTime
      ? this.#calls.filter(({ atSecond }) => atSecond > oldest)
      : this.#calls.slice(-size);
    return {
      calls: inWindow.length,
      failures: inWindow.filter(({ isFailure }) => isFailure).length,
      slow: inWindow.filter(({ isSlow }) => isSlow).length,
    };
  }

  #enter(state: BreakerState, atMs: number): void {
    this.states.push(state);
    this.#enteredAtMs = atMs;
    this.#begun = 0;
    this.#calls = [];
  }
}
