// What is counted of the requests of one route. Plain numbers: labels and text are made when metrics are asked for.
import type { Exchange, ResponseSource } from "../exchange.ts";
import { Histogram } from "./histogram.ts";

export class RouteStats {
  readonly service: string;
  readonly route: string;
  readonly requestMs: Histogram = new Histogram();
  readonly upstreamMs: Histogram = new Histogram();
  readonly gatewayMs: Histogram = new Histogram();
  ingressBytes = 0;
  egressBytes = 0;
  /** Outcomes met so far and how often, in parallel. They are few, and there may be 10,000 routes. */
  readonly #outcomes: number[] = [];
  readonly #counts: number[] = [];

  constructor(service: string, route: string) {
    this.service = service;
    this.route = route;
  }

  count(exchange: Exchange): void {
    this.#countOutcome(SOURCES.indexOf(exchange.responseSource) * MAX_STATUS + exchange.status);
    const totalMs = exchange.endedAtMs - exchange.startedAtMs;
    const upstreamMs =
      exchange.forwardedAtMs === 0
        ? 0
        : (exchange.upstreamHeadAtMs || exchange.endedAtMs) - exchange.forwardedAtMs;
    this.requestMs.observe(totalMs);
    if (exchange.forwardedAtMs !== 0) this.upstreamMs.observe(upstreamMs);
    this.gatewayMs.observe(totalMs - upstreamMs);
    this.ingressBytes += exchange.requestBytes;
    this.egressBytes += exchange.responseBytes;
  }

  #countOutcome(outcome: number): void {
    const at = this.#outcomes.indexOf(outcome);
    if (at >= 0) {
      this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    } else {
      this.#outcomes.push(outcome);
      this.#counts.push(1);
    }
  }

  /** Each status and source that occurred. */
  *codes(): Generator<{ source: ResponseSource; code: number; count: number }> {
    for (const outcome of this.#outcomes.toSorted((one, other) => one - other)) {
      const count = this.#counts[this.#outcomes.indexOf(outcome)] ?? 0;
      const source = SOURCES[Math.floor(outcome / MAX_STATUS)] ?? "upstream";
      yield { source, code: outcome % MAX_STATUS, count };
    }
  }
}

const SOURCES: readonly ResponseSource[] = ["upstream", "gateway", "plugin"];
/** Above every status. */
const MAX_STATUS = 1000;
