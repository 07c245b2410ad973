// The host function by which a plugin records its own metrics.
import { Fault } from "@sluice/plugin-sdk/abi";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_LABELS_BYTES = 4096;

export function metricFunctions({
  plugin,
  memory,
  metrics: definitions,
  services,
}: Pick<
  GatewayFunctionOptions,
  "plugin" | "memory" | "metrics" | "services"
>): HostFunctions<"metric_record"> {
  const metrics = definitions.map((definition) => services.metrics.of(plugin, definition));
  return {
    metric_record: (_, metric, value, labels, labelsLength) => {
      const wanted = metrics[metric];
      if (wanted === undefined) return Fault.absent;
      if (labelsLength > MAX_LABELS_BYTES) return Fault.limit;
      return wanted.record(value, memory.readUtf8(labels, labelsLength)) ? 0 : Fault.badValue;
    },
  };
}
