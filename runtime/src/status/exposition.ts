// Metrics as Prometheus reads them. prom-client costs a tenth of the memory of an idle gateway, so it comes when metrics
// are first asked for.
import type { Metric } from "prom-client";
import type { Family } from "./families.ts";

export interface Exposition {
  readonly text: string;
  readonly contentType: string;
}

export async function exposition(families: readonly Family[]): Promise<Exposition> {
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
          values: samples.map((sample) => ({ metricName: name, ...sample })),
        }),
      reset: () => undefined,
    };
    // prom-client asks of a metric no more than this, whatever its types say.
    registry.registerMetric(metric as unknown as Metric);
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}
