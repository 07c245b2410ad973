// Metrics of a plugin. They are made once, by its modules, and recorded from any handler or timer.
import { Fault } from "./abi.ts";
import type { MetricDefinition } from "./abi.ts";
import { moduleHost } from "./module-host.ts";

export interface MetricOptions<Label extends string> {
  /** What it counts, for people. */
  readonly help: string;
  /** Names of labels, at most 8. Values must be few: what a client may choose has no place here. */
  readonly labels?: readonly Label[];
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** Upper bounds, ascending; those of the gateway's own latencies, 1 to 6000 ms, by default. */
  readonly buckets?: readonly number[];
}

/** A value for each label; without labels there is nothing to give. */
export type Labels<Label extends string> = [Label] extends [never]
  ? []
  : [labels: Readonly<Record<Label, string | number>>];

export interface Counter<Label extends string> {
  /** Adds 1. */
  increment(...labels: Labels<Label>): void;
  /** Adds an amount of 0 or more. */
  add(amount: number, ...labels: Labels<Label>): void;
}

export interface Gauge<Label extends string> {
  /** What holds now; what several workers say is added up. */
  set(value: number, ...labels: Labels<Label>): void;
}

export interface Histogram<Label extends string> {
  observe(value: number, ...labels: Labels<Label>): void;
}

/** A count that only grows. `/metrics` shows it as `sluice_plugin_<plugin>_<name>`. */
export function counter<const Label extends string = never>(
  name: string,
  options: MetricOptions<Label>,
): Counter<Label> {
  const metric = define<Label>("counter", name, options);
  return {
    increment: (...labels) => metric(1, labels),
    add: (amount, ...labels) => metric(amount, labels),
  };
}

/** A value that goes up and down. */
export function gauge<const Label extends string = never>(
  name: string,
  options: MetricOptions<Label>,
): Gauge<Label> {
  const metric = define<Label>("gauge", name, options);
  return { set: (value, ...labels) => metric(value, labels) };
}

/** How values are spread over buckets. */
export function histogram<const Label extends string = never>(
  name: string,
  options: HistogramOptions<Label>,
): Histogram<Label> {
  const metric = define<Label>("histogram", name, options);
  return { observe: (value, ...labels) => metric(value, labels) };
}

const definitions: MetricDefinition[] = [];
let isSealed = false;

/** All that were made so far, in the order of their numbers. */
export function metricDefinitions(): readonly MetricDefinition[] {
  return definitions;
}

/** As {@link metricDefinitions}; from here on none can be made. Throws TypeError when two have one name. */
export function sealMetrics(): readonly MetricDefinition[] {
  isSealed = true;
  const names = definitions.map(({ name }) => name);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated === undefined) return definitions;
  throw new TypeError(`The metric ${repeated} is defined twice`);
}

type Recorder<Label extends string> = (value: number, labels: Labels<Label>) => void;

function define<Label extends string>(
  kind: MetricDefinition["kind"],
  name: string,
  { help, labels = [], buckets }: HistogramOptions<Label>,
): Recorder<Label> {
  const definition = { kind, name, help, labels, ...(buckets !== undefined && { buckets }) };
  check(definition);
  const number = definitions.push(definition) - 1;
  return (value, [values]) => {
    if (typeof value !== "number") throw new TypeError(`The metric ${name} takes numbers`);
    record(number, definition, value, values);
  };
}

function record(
  number: number,
  { name, labels }: MetricDefinition,
  value: number,
  values: Readonly<Record<string, string | number>> = {},
): void {
  let text = "";
  for (const label of labels) text += `${values[label] ?? ""}\0`;
  let result = moduleHost().metricRecord(number, value, text);
  // NUL ends a value, so there is none in it. That is looked at only when something is wrong.
  if (result === Fault.badValue && text.split("\0").length > labels.length + 1) {
    const clean = labels.map((label) => `${String(values[label]).replaceAll("\0", "")}\0`).join("");
    result = moduleHost().metricRecord(number, value, clean);
  }
  if (result === Fault.badValue) throw new RangeError(`The metric ${name} does not take ${value}`);
}

const NAME = /^[a-z][a-z0-9_]*$/;
const MAX_LABELS = 8;

function check({ kind, name, labels, buckets }: MetricDefinition): void {
  if (isSealed) throw new TypeError(`The metric ${name} must be made when its module is loaded`);
  if (!NAME.test(name)) {
    throw new TypeError(`A metric's name is lower case with underscores, not "${name}"`);
  }
  const isFit =
    labels.length <= MAX_LABELS &&
    new Set(labels).size === labels.length &&
    labels.every((label) => NAME.test(label) && !(kind === "histogram" && label === "le"));
  if (!isFit) {
    throw new TypeError(`The metric ${name} has labels that cannot be: ${labels.join(", ")}`);
  }
  const isAscending = (buckets ?? []).every(
    (bound, at) => Number.isFinite(bound) && bound > (buckets?.[at - 1] ?? -Infinity),
  );
  if (buckets?.length === 0 || !isAscending) {
    throw new TypeError(`The buckets of ${name} must be finite numbers that ascend`);
  }
}
