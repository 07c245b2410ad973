// What the plugin's metrics hold.
import { Fault } from "../abi.ts";
import type { Manifest, MetricDefinition } from "../abi.ts";

export interface MetricValue {
  /** A counter's or histogram's sum, a gauge's last value. */
  readonly value: number;
  /** Of a histogram, in order. */
  readonly observations: readonly number[];
}

export class Metrics {
  readonly #definitions: readonly MetricDefinition[];
  /** By name and values of labels. */
  readonly #values = new Map<string, { value: number; observations: number[] }>();

  constructor({ metrics = [] }: Manifest) {
    this.#definitions = metrics;
  }

  /** 0 or a Fault. */
  record(metric: number, amount: number, labels: readonly string[]): number {
    const definition = this.#definitions[metric];
    if (definition === undefined) return Fault.absent;
    if (labels.length !== definition.labels.length) return Fault.badValue;
    const isNegative = definition.kind === "counter" && amount < 0;
    if (!Number.isFinite(amount) || isNegative) return Fault.badValue;
    const key = keyOf(definition.name, labels);
    const kept = this.#values.get(key) ?? { value: 0, observations: [] };
    this.#values.set(key, kept);
    kept.value = definition.kind === "gauge" ? amount : kept.value + amount;
    if (definition.kind === "histogram") kept.observations.push(amount);
    return 0;
  }

  /** Undefined while nothing was recorded. Throws a TypeError when the plugin has no such metric. */
  get(
    name: string,
    labels: Readonly<Record<string, string | number>> = {},
  ): MetricValue | undefined {
    const definition = this.#definitions.find((each) => each.name === name);
    if (definition === undefined) throw new TypeError(`The plugin has no metric ${name}`);
    return this.#values.get(
      keyOf(
        name,
        definition.labels.map((of) => String(labels[of] ?? "")),
      ),
    );
  }
}

function keyOf(name: string, labels: readonly string[]): string {
  return [name, ...labels].join("\0");
}
