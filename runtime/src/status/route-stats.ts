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
  readonly #codes: Record<ResponseSource, Float64Array> = {
    upstream: new Float64Array(600),
    gateway: new Float64Array(600),
    plugin: new Float64Array(600),
  };

  constructor(service: string, route: string) {
    this.service = service;
    this.route = route;
  }

  count(exchange: Exchange): void {
    const codes = this.#codes[exchange.responseSource];
    codes[exchange.status] = (codes[exchange.status] ?? 0) + 1;
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

  /** Each status and source that occurred. */
  *codes(): Generator<{ source: ResponseSource; code: number; count: number }> {
    for (const source of ["upstream", "gateway", "plugin"] as const) {
      for (const [code, count] of this.#codes[source].entries()) {
        if (count > 0) yield { source, code, count };
      }
    }
  }
}
