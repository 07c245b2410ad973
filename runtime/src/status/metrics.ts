// Everything counted, as Prometheus reads it (text exposition by prom-client).
import { PHASES } from "@sluice/plugin-sdk/abi";
import type { Metric, Registry } from "prom-client";
import type { ErrorCode } from "../errors.ts";
import { LATENCY_BUCKETS_MS } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";
import { newPluginStats } from "./plugin-stats.ts";
import type { PluginStats } from "./plugin-stats.ts";
import { RouteStats } from "./route-stats.ts";

type Labels = Record<string, string | number>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: () => Sample[];
}

/** Labels are names from the config, never text that a client chose (O8). */
export class Metrics {
  readonly #routes = new Map<string, RouteStats>();
  readonly #plugins = new Map<string, PluginStats>();
  readonly #errors = new Map<ErrorCode, number>();
  readonly #droppedLines = new Map<string, number>();
  readonly #families: MetricFamily[] = [];
  /** prom-client costs a tenth of the memory of an idle gateway, so it comes when metrics are first asked for. */
  #registry: Promise<Registry> | undefined;
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
    this.#addProcessMetrics();
  }

  /** Counters live as long as the process, whatever configs come and go. */
  route(service: string, route: string): RouteStats {
    const key = `${service}\0${route}`;
    let stats = this.#routes.get(key);
    if (stats === undefined) this.#routes.set(key, (stats = new RouteStats(service, route)));
    return stats;
  }

  plugin(name: string): PluginStats {
    let stats = this.#plugins.get(name);
    if (stats === undefined) this.#plugins.set(name, (stats = newPluginStats()));
    return stats;
  }

  countError(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  countDroppedLines(sink: string, lines: number): void {
    this.#droppedLines.set(sink, (this.#droppedLines.get(sink) ?? 0) + lines);
  }

  /** The text exposition and its content type. */
  async exposition(): Promise<{ readonly text: string; readonly contentType: string }> {
    this.#registry ??= registryOf(this.#families);
    const registry = await this.#registry;
    return { text: await registry.metrics(), contentType: registry.contentType };
  }

  /** Prometheus' usual names for what every process has. */
  #addProcessMetrics(): void {
    const startedAtSeconds = Math.round(performance.timeOrigin / 1000);
    this.#add("process_start_time_seconds", "gauge", "Start of the process since 1970", () => [
      { labels: {}, value: startedAtSeconds },
    ]);
    this.#add("process_resident_memory_bytes", "gauge", "Resident memory", () => [
      { labels: {}, value: process.memoryUsage.rss() },
    ]);
    this.#add("process_cpu_seconds_total", "counter", "User and system time", () => {
      const { user, system } = process.cpuUsage();
      return [{ labels: {}, value: (user + system) / 1e6 }];
    });
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
    this.#add("sluice_plugin_instances", "gauge", "Live instances of plugins", () =>
      [...this.#plugins].map(([plugin, stats]) => ({ labels: { plugin }, value: stats.instances })),
    );
  }

  #perRoute(read: (stats: RouteStats, labels: Labels) => Sample[]): Sample[] {
    return [...this.#routes.values()].flatMap((stats) =>
      read(stats, { service: stats.service, route: stats.route }),
    );
  }

  #add(name: string, type: string, help: string, samples: () => Sample[]): void {
    this.#families.push({ name, type, help, samples });
  }
}

/** A registry of metrics whose samples are made when they are asked for. */
async function registryOf(families: readonly MetricFamily[]): Promise<Registry> {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  for (const { name, type, help, samples } of families) {
    const metric = {
      name,
      get: () =>
        Promise.resolve({
          name,
          type,
          help,
          aggregator: "sum",
          values: samples().map(withName(name)),
        }),
      reset: () => undefined,
    };
    // prom-client asks of a metric no more than this, whatever its types say.
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry;
}

function withName(metricName: string): (sample: Sample) => Sample {
  return (sample) => ({ metricName, ...sample });
}

function histogramSamples(name: string, labels: Labels, histogram: Histogram): Sample[] {
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
