// What is counted of the requests of one route. Plain numbers: labels and text are made when metrics are asked for.
import type { Exchange, ResponseSource } from "../exchange.ts";
import { CounterRows } from "./counter-rows.ts";
import type { CounterRow } from "./counter-rows.ts";
import type { FallbackKind } from "../upstream/fallback.ts";
import { BUCKET_COUNT, bucketOf } from "./histogram.ts";
import type { HistogramReading } from "./histogram.ts";
import { TryCounts } from "./try-counts.ts";

/** Where in the route's row each number stands. What every request counts comes first. */
const At = {
  /** Sums of the three times, in the order of their buckets. */
  sums: 0,
  ingress: 3,
  egress: 4,
  /** Requests that the upstream answered with 200. */
  answered: 5,
  /** The first bucket of each of the three times, then the second of each, and so on. */
  buckets: 8,
} as const;
const TIMES = 3;
const Time = { request: 0, upstream: 1, gateway: 2 } as const;

/** What counts the requests of a route: its row at hand, without a look into the statistics around it. */
export interface Counted extends CounterRow {
  readonly stats: RouteStats;
}

/** Counts a request that has ended. */
export function countRequest(counted: Counted, exchange: Exchange): void {
  const { block, start } = counted;
  const outcome = SOURCES.indexOf(exchange.responseSource) * MAX_STATUS + exchange.status;
  if (outcome === ANSWERED) add(block, start + At.answered, 1);
  else counted.stats.countOther(outcome);
  const totalMs = exchange.endedAtMs - exchange.startedAtMs;
  const upstreamMs =
    exchange.forwardedAtMs === 0
      ? 0
      : (exchange.upstreamHeadAtMs || exchange.endedAtMs) - exchange.forwardedAtMs;
  observe(counted, Time.request, totalMs);
  if (exchange.forwardedAtMs !== 0) observe(counted, Time.upstream, upstreamMs);
  observe(counted, Time.gateway, totalMs - upstreamMs);
  add(block, start + At.ingress, exchange.requestBytes);
  add(block, start + At.egress, exchange.responseBytes);
}

function observe({ block, start }: CounterRow, time: number, ms: number): void {
  add(block, start + At.sums + time, ms);
  add(block, start + At.buckets + bucketOf(ms) * TIMES + time, 1);
}

function add(block: Float64Array, at: number, amount: number): void {
  block[at] = (block[at] ?? 0) + amount;
}

export class RouteStats {
  readonly service: string;
  readonly route: string;
  readonly row: CounterRow;
  /** Of routes whose requests may be tried again or twice at once. */
  tries: TryCounts | undefined;
  /** How often each outcome but {@link ANSWERED} was met. Few routes have one. */
  #others: Map<number, number> | undefined;
  #fallbacks: Map<FallbackKind, number> | undefined;

  constructor(service: string, route: string, rows: CounterRows = new CounterRows()) {
    this.service = service;
    this.route = route;
    this.row = rows.next();
  }

  tryCounts(): TryCounts {
    return (this.tries ??= new TryCounts());
  }

  countOther(outcome: number): void {
    this.#others ??= new Map();
    this.#others.set(outcome, (this.#others.get(outcome) ?? 0) + 1);
  }

  /** The request was answered in that way instead of by its upstream. */
  countFallback(kind: FallbackKind): void {
    this.#fallbacks ??= new Map();
    this.#fallbacks.set(kind, (this.#fallbacks.get(kind) ?? 0) + 1);
  }

  get fallbacks(): ReadonlyMap<FallbackKind, number> {
    return this.#fallbacks ?? NO_FALLBACKS;
  }

  get ingressBytes(): number {
    return this.#read(At.ingress);
  }

  get egressBytes(): number {
    return this.#read(At.egress);
  }

  get requestMs(): HistogramReading {
    return this.#reading(Time.request);
  }

  get upstreamMs(): HistogramReading {
    return this.#reading(Time.upstream);
  }

  get gatewayMs(): HistogramReading {
    return this.#reading(Time.gateway);
  }

  /** Each status and source that occurred. */
  *codes(): Generator<{ source: ResponseSource; code: number; count: number }> {
    const answered = this.#read(At.answered);
    const outcomes = [...(this.#others ?? [])];
    if (answered > 0) outcomes.push([ANSWERED, answered]);
    for (const [outcome, count] of outcomes.toSorted(([one], [other]) => one - other)) {
      const source = SOURCES[Math.floor(outcome / MAX_STATUS)] ?? "upstream";
      yield { source, code: outcome % MAX_STATUS, count };
    }
  }

  #reading(time: number): HistogramReading {
    const counts = Array.from({ length: BUCKET_COUNT }, (_, bucket) =>
      this.#read(At.buckets + bucket * TIMES + time),
    );
    return { counts, sum: this.#read(At.sums + time) };
  }

  #read(at: number): number {
    return this.row.block[this.row.start + at] ?? 0;
  }
}

const NO_FALLBACKS: ReadonlyMap<FallbackKind, number> = new Map();
const SOURCES: readonly ResponseSource[] = ["upstream", "gateway", "plugin"];
/** Above every status. */
const MAX_STATUS = 1000;
/** The outcome of nearly all requests: 200 from the upstream. */
const ANSWERED = 200;
