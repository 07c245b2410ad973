// Whether a target may be used, by what was observed of it: Kong's counters and thresholds, with one difference. A success
// takes back all failures before it, whatever `successes` says: in Kong, where that is 0, five failures in a year add up.
import type { CheckRules } from "../../config/upstream-model.ts";

export type Observation = "success" | "http_failure" | "tcp_failure" | "timeout";

/** Who says so: a probe, a request, or an operator. */
export type HealthSource = "active" | "passive" | "manual";

/** What a status says of a target; undefined when the rules do not name it. */
export function statusObservation(status: number, rules: CheckRules): Observation | undefined {
  if (rules.healthyStatuses.has(status)) return "success";
  return rules.unhealthyStatuses.has(status) ? "http_failure" : undefined;
}

export class TargetHealth {
  #isHealthy = true;
  #successes = 0;
  #httpFailures = 0;
  #tcpFailures = 0;
  #timeouts = 0;

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** How many observations of that kind in a row have just changed the health; 0 when it is what it was. */
  observe(what: Observation, rules: CheckRules): number {
    const count = this.#count(what);
    const limit = limitOf(what, rules);
    const isGood = what === "success";
    if (isGood === this.#isHealthy || limit === 0 || count < limit) return 0;
    this.set(isGood);
    return count;
  }

  /** Forgets what was observed. */
  set(isHealthy: boolean): void {
    this.#isHealthy = isHealthy;
    this.#successes = 0;
    this.#forgetFailures();
  }

  #count(what: Observation): number {
    if (what === "success") {
      this.#forgetFailures();
      return this.#isHealthy ? 0 : ++this.#successes;
    }
    this.#successes = 0;
    if (!this.#isHealthy) return 0;
    switch (what) {
      case "http_failure":
        return ++this.#httpFailures;
      case "tcp_failure":
        return ++this.#tcpFailures;
      case "timeout":
        return ++this.#timeouts;
    }
  }

  #forgetFailures(): void {
    this.#httpFailures = 0;
    this.#tcpFailures = 0;
    this.#timeouts = 0;
  }
}

function limitOf(what: Observation, rules: CheckRules): number {
  switch (what) {
    case "success":
      return rules.successes;
    case "http_failure":
      return rules.httpFailures;
    case "tcp_failure":
      return rules.tcpFailures;
    case "timeout":
      return rules.timeouts;
  }
}
