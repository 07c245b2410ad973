// Metrics that plugins define themselves. They live as long as the process: a plugin that is swapped goes on counting.
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import type { Family, Labels, Sample } from "./families.ts";
import { LATENCY_BUCKETS_MS } from "./histogram.ts";

/** Sets of label values of one metric; strangers may have a say in them (O8). */
const MAX_SERIES = 1000;
const MAX_LABEL_CHARACTERS = 128;

interface Series {
  readonly labels: Labels;
  /** Of a histogram, the sum. */
  value: number;
  /** One for each bucket of a histogram. */
  readonly counts: number[];
}

export class PluginMetric {
  readonly plugin: string;
  readonly name: string;
  definition: MetricDefinition;
  /** Records of series that there is no room for. */
  dropped = 0;
  readonly #isShown: boolean;
  readonly #bounds: readonly number[];
  /** By the text of their labels. */
  readonly #series = new Map<string, Series>();

  constructor(plugin: string, definition: MetricDefinition, isShown: boolean) {
    this.plugin = plugin;
    this.name = shownName(plugin, definition.name);
    this.definition = definition;
    this.#isShown = isShown;
    this.#bounds = definition.buckets ?? LATENCY_BUCKETS_MS;
    // From the start, so that a rate sees the first count, too.
    if (isShown && definition.labels.length === 0) this.#add("");
  }

  /** `labels` are the values of all labels, each ended by NUL. False for what the metric does not take. */
  record(value: number, labels: string): boolean {
    const { kind } = this.definition;
    if (!Number.isFinite(value) || (kind === "counter" && value < 0)) return false;
    const series = this.#series.get(labels) ?? this.#add(labels);
    if (typeof series === "boolean") return series;
    if (kind === "gauge") series.value = value;
    else series.value += value;
    if (kind === "histogram") count(series.counts, this.#bounds, value);
    return true;
  }

  /** A new series, or whether it was right to ask for it. */
  #add(labels: string): Series | boolean {
    const values = labels.split("\0");
    if (values.pop() !== "" || values.length !== this.definition.labels.length) return false;
    const short = values.map((value) => value.slice(0, MAX_LABEL_CHARACTERS));
    const key = short.map((value) => `${value}\0`).join("");
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (!this.#isShown || this.#series.size >= MAX_SERIES) {
      this.dropped++;
      return true;
    }
    const { labels: names, kind } = this.definition;
    const buckets = kind === "histogram" ? this.#bounds.length + 1 : 0;
    const series: Series = {
      labels: Object.fromEntries(names.map((name, at) => [name, short[at] ?? ""])),
      value: 0,
      counts: Array.from({ length: buckets }, () => 0),
    };
    this.#series.set(key, series);
    return series;
  }

  family(): Family {
    const { kind, help } = this.definition;
    const { name } = this;
    const all = [...this.#series.values()];
    const samples =
      kind === "histogram"
        ? all.flatMap((series) => this.#histogram(series))
        : all.map(({ labels, value }) => ({ labels, value }));
    return { name, type: kind, help, samples };
  }

  #histogram({ labels, value, counts }: Series): Sample[] {
    const { name } = this;
    let total = 0;
    const samples: Sample[] = counts.map((each, at) => {
      total += each;
      const le = this.#bounds[at] ?? "+Inf";
      return { labels: { ...labels, le }, value: total, metricName: `${name}_bucket` };
    });
    samples.push({ labels, value, metricName: `${name}_sum` });
    samples.push({ labels, value: total, metricName: `${name}_count` });
    return samples;
  }
}

function count(counts: number[], bounds: readonly number[], value: number): void {
  const bucket = bounds.findIndex((bound) => value <= bound);
  const at = bucket < 0 ? bounds.length : bucket;
  counts[at] = (counts[at] ?? 0) + 1;
}

function shownName(plugin: string, name: string): string {
  // What it counts has Kong's names, for the dashboards that know those.
  if (plugin === "prometheus") return `kong_${name}`;
  return `sluice_plugin_${plugin.replaceAll("-", "_")}_${name}`;
}

export class PluginMetrics {
  /** Names of the gateway's own. */
  readonly #reserved: () => readonly string[];
  readonly #metrics = new Map<string, PluginMetric>();

  constructor(reserved: () => readonly string[]) {
    this.#reserved = reserved;
  }

  /** The plugin's metric of that name. It starts anew only when its kind, labels or buckets have changed. */
  of(plugin: string, definition: MetricDefinition): PluginMetric {
    const key = `${plugin} ${definition.name}`;
    const known = this.#metrics.get(key);
    if (known !== undefined && isSame(known.definition, definition)) {
      known.definition = definition;
      return known;
    }
    this.#metrics.delete(key);
    const metric = new PluginMetric(plugin, definition, !this.#isTaken(plugin, definition));
    this.#metrics.set(key, metric);
    return metric;
  }

  /** Two plugins' names may come to the same, as `a-b` with `c` and `a` with `b_c` do: the first one has it. */
  #isTaken(plugin: string, definition: MetricDefinition): boolean {
    const others = [...this.#metrics.values()].flatMap((metric) =>
      sampleNames(metric.name, metric.definition),
    );
    const taken = new Set([...others, ...this.#reserved()]);
    return sampleNames(shownName(plugin, definition.name), definition).some((name) =>
      taken.has(name),
    );
  }

  families(): Family[] {
    const metrics = [...this.#metrics.values()];
    const name = "sluice_plugin_metric_records_dropped_total";
    const help =
      "What plugins' metrics could not take: too many label values, or a name that is taken";
    const samples = metrics.flatMap(({ plugin, definition, dropped }) =>
      dropped === 0 ? [] : [{ labels: { plugin, metric: definition.name }, value: dropped }],
    );
    const shown = metrics
      .map((metric) => metric.family())
      .filter((each) => each.samples.length > 0);
    return [...shown, { name, type: "counter", help, samples }];
  }
}

function isSame(one: MetricDefinition, other: MetricDefinition): boolean {
  return identity(one) === identity(other);
}

function identity({ kind, labels, buckets }: MetricDefinition): string {
  return JSON.stringify([kind, labels, buckets ?? null]);
}

/** Under which names its samples are shown. */
function sampleNames(name: string, { kind }: MetricDefinition): string[] {
  return kind === "histogram" ? ["", "_bucket", "_sum", "_count"].map((end) => name + end) : [name];
}
