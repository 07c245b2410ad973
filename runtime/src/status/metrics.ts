// Everything that one thread counts.
import { PHASES } from "@sluice/plugin-sdk/abi";
import type { ErrorCode } from "../errors.ts";
import type { RefusalReason } from "../http1/admission.ts";
import type { FetchOutcome } from "../outbound/fetch-outcome.ts";
import type { Family, Labels, Sample } from "./families.ts";
import { CounterRows } from "./counter-rows.ts";
import { Histogram, LATENCY_BUCKETS_MS } from "./histogram.ts";
import type { HistogramReading } from "./histogram.ts";
import { PluginMetrics } from "./plugin-metrics.ts";
import { END_REASONS, newPluginStats } from "./plugin-stats.ts";
import type { PluginStats } from "./plugin-stats.ts";
import { RouteStats } from "./route-stats.ts";

interface Metric extends Omit<Family, "samples"> {
  readonly samples: () => Sample[];
}

/** Labels are names from the config, never text that a client chose (O8). */
export class Metrics {
  readonly #routes = new Map<string, RouteStats>();
  readonly #rows = new CounterRows();
  readonly #plugins = new Map<string, PluginStats>();
  readonly #errors = new Map<ErrorCode, number>();
  readonly #droppedLines = new Map<string, number>();
  readonly #metrics: Metric[] = [];
  readonly #sources: (() => Family[])[] = [];
  readonly #connectionsRefused = new Map<RefusalReason, number>();
  /** How late the event loop comes to what is due, ms: work that blocks it shows here (O6). */
  readonly eventLoopLagMs: Histogram = new Histogram();
  /** What plugins count themselves. */
  readonly pluginMetrics: PluginMetrics = new PluginMetrics(() =>
    this.#metrics.map(({ name }) => name),
  );
  reloads: { succeeded: number; refused: number } = { succeeded: 0, refused: 0 };

  constructor(connections: () => number) {
    this.#addRouteMetrics();
    this.#addPluginMetrics();
    this.#add(
      "sluice_errors_total",
      "counter",
      "Errors that the gateway answered or saw, by code",
      () => [...this.#errors].map(([code, value]) => ({ labels: { code }, value })),
    );
    this.#add("sluice_log_lines_dropped_total", "counter", "Log lines that no sink took", () =>
      [...this.#droppedLines].map(([sink, value]) => ({ labels: { sink }, value })),
    );
    this.#add("sluice_reloads_total", "counter", "Configs and plugins reloaded", () =>
      Object.entries(this.reloads).map(([result, value]) => ({ labels: { result }, value })),
    );
    this.#add("sluice_connections", "gauge", "Open client connections", () => [
      { labels: {}, value: connections() },
    ]);
    this.#add(
      "sluice_connections_refused_total",
      "counter",
      "Client connections past a limit",
      () => [...this.#connectionsRefused].map(([reason, value]) => ({ labels: { reason }, value })),
    );
    const lag = "sluice_event_loop_lag_ms";
    this.#add(lag, "histogram", "How late timers are, looked at every 50 ms", () =>
      histogramSamples(lag, {}, this.eventLoopLagMs),
    );
  }

  /** Counters live as long as the process, whatever configs come and go. */
  route(service: string, route: string): RouteStats {
    const key = `${service}\0${route}`;
    let stats = this.#routes.get(key);
    if (stats === undefined) {
      this.#routes.set(key, (stats = new RouteStats(service, route, this.#rows)));
    }
    return stats;
  }

  plugin(name: string): PluginStats {
    let stats = this.#plugins.get(name);
    if (stats === undefined) this.#plugins.set(name, (stats = newPluginStats()));
    return stats;
  }

  countFetch(plugin: string, outcome: FetchOutcome): void {
    const { fetches } = this.plugin(plugin);
    fetches.set(outcome, (fetches.get(outcome) ?? 0) + 1);
  }

  countError(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  countRefusedConnection(reason: RefusalReason): void {
    this.#connectionsRefused.set(reason, (this.#connectionsRefused.get(reason) ?? 0) + 1);
  }

  countDroppedLines(sink: string, lines: number): void {
    this.#droppedLines.set(sink, (this.#droppedLines.get(sink) ?? 0) + lines);
  }

  countDroppedPluginLine(plugin: string): void {
    this.plugin(plugin).logLinesDropped++;
  }

  /** What others count is shown with the rest. */
  addSource(families: () => Family[]): void {
    this.#sources.push(families);
  }

  /** All of it, as it stands. */
  collect(): Family[] {
    const own = this.#metrics.map((metric) => ({ ...metric, samples: metric.samples() }));
    const others = this.#sources.flatMap((families) => families());
    return [...own, ...others, ...this.pluginMetrics.families()];
  }

  #addRouteMetrics(): void {
    this.#add("sluice_http_requests_total", "counter", "Requests by route, status and source", () =>
      this.#perRoute((stats, labels) =>
        [...stats.codes()].map(({ code, source, count }) => ({
          labels: { ...labels, code, source },
          value: count,
        })),
      ),
    );
    this.#add("sluice_bandwidth_bytes", "counter", "Bytes from and to clients", () =>
      this.#perRoute((stats, labels) => [
        { labels: { ...labels, direction: "ingress" }, value: stats.ingressBytes },
        { labels: { ...labels, direction: "egress" }, value: stats.egressBytes },
      ]),
    );
    this.#add(
      "sluice_upstream_retries_total",
      "counter",
      "Tries that a retry policy wanted, by its condition and by what became of them",
      () => this.#perRoute(({ tries }, labels) => tries?.retries(labels) ?? []),
    );
    this.#add(
      "sluice_upstream_hedges_total",
      "counter",
      "Tries beside one that was under way",
      () => this.#perRoute(({ tries }, labels) => tries?.hedges(labels) ?? []),
    );
    this.#add("sluice_fallbacks_total", "counter", "Requests answered by a fallback", () =>
      this.#perRoute((stats, labels) =>
        [...stats.fallbacks].map(([kind, value]) => ({ labels: { ...labels, kind }, value })),
      ),
    );
    const latencies = [
      [
        "sluice_request_latency_ms",
        "Time from a request's first byte to its response's last",
        "requestMs",
      ],
      ["sluice_upstream_latency_ms", "Time until the upstream's response head", "upstreamMs"],
      ["sluice_gateway_latency_ms", "Time spent outside of the upstream", "gatewayMs"],
    ] as const;
    for (const [name, help, field] of latencies) {
      this.#add(name, "histogram", help, () =>
        this.#perRoute((stats, labels) => histogramSamples(name, labels, stats[field])),
      );
    }
  }

  #addPluginMetrics(): void {
    const perPhase = (
      name: string,
      help: string,
      read: (s: PluginStats, p: (typeof PHASES)[number]) => number,
    ): void =>
      this.#add(name, "counter", help, () =>
        [...this.#plugins].flatMap(([plugin, stats]) =>
          PHASES.map((phase) => ({ labels: { plugin, phase }, value: read(stats, phase) })),
        ),
      );
    perPhase("sluice_plugin_calls_total", "Calls of plugins", (stats, phase) => stats.calls[phase]);
    perPhase(
      "sluice_plugin_errors_total",
      "Calls that failed",
      (stats, phase) => stats.errors[phase],
    );
    perPhase(
      "sluice_plugin_seconds_total",
      "Time spent in plugins",
      (stats, phase) => stats.milliseconds[phase] / 1000,
    );
    this.#add("sluice_plugin_fetches_total", "counter", "What plugins asked other servers", () =>
      [...this.#plugins].flatMap(([plugin, { fetches }]) =>
        [...fetches].map(([outcome, value]) => ({ labels: { plugin, outcome }, value })),
      ),
    );
    this.#add("sluice_plugin_body_bytes_total", "counter", "Bytes of bodies given to plugins", () =>
      [...this.#plugins].map(([plugin, { bodyBytes }]) => ({
        labels: { plugin },
        value: bodyBytes,
      })),
    );
    this.#add(
      "sluice_plugin_remembered_total",
      "counter",
      "Requests for which a plugin's decision was repeated without calling it",
      () =>
        [...this.#plugins].map(([plugin, { remembered }]) => ({
          labels: { plugin },
          value: remembered,
        })),
    );
    this.#add("sluice_plugin_fuel_total", "counter", "Units of fuel that plugins used", () =>
      [...this.#plugins].map(([plugin, { fuel }]) => ({ labels: { plugin }, value: fuel })),
    );
    this.#add(
      "sluice_plugin_log_lines_dropped_total",
      "counter",
      "Log lines that were too many",
      () =>
        [...this.#plugins].map(([plugin, { logLinesDropped }]) => ({
          labels: { plugin },
          value: logLinesDropped,
        })),
    );
    this.#add("sluice_plugin_instances", "gauge", "Live instances of plugins", () =>
      [...this.#plugins].map(([plugin, { live }]) => ({ labels: { plugin }, value: live.size })),
    );
    this.#add("sluice_plugin_memory_bytes", "gauge", "Linear memory of live instances", () =>
      [...this.#plugins].map(([plugin, { live }]) => ({
        labels: { plugin },
        value: [...live].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      })),
    );
    this.#add("sluice_plugin_instance_ends_total", "counter", "Instances that ended", () =>
      [...this.#plugins].flatMap(([plugin, { ended }]) =>
        END_REASONS.map((reason) => ({ labels: { plugin, reason }, value: ended[reason] })),
      ),
    );
  }

  #perRoute(read: (stats: RouteStats, labels: Labels) => Sample[]): Sample[] {
    return [...this.#routes.values()].flatMap((stats) =>
      read(stats, { service: stats.service, route: stats.route }),
    );
  }

  #add(name: string, type: Family["type"], help: string, samples: () => Sample[]): void {
    this.#metrics.push({ name, type, help, samples });
  }
}

function histogramSamples(name: string, labels: Labels, histogram: HistogramReading): Sample[] {
  let total = 0;
  const samples: Sample[] = [];
  for (const [at, count] of histogram.counts.entries()) {
    total += count;
    const le = LATENCY_BUCKETS_MS[at] ?? "+Inf";
    samples.push({ labels: { ...labels, le }, value: total, metricName: `${name}_bucket` });
  }
  samples.push({ labels, value: histogram.sum, metricName: `${name}_sum` });
  samples.push({ labels, value: total, metricName: `${name}_count` });
  return samples;
}
