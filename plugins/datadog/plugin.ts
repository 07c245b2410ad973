// Sends metrics of each request to a Datadog agent, with Kong's names and tags.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";
import type { LogContext } from "@sluice/plugin-sdk";

import { consumerIdentifierField, identifiedConsumer } from "../parts/consumer-identifier.ts";
import type { ConsumerIdentifier } from "../parts/consumer-identifier.ts";
import { queueFields } from "../parts/queue.ts";
import { serviceNameOrHost } from "../parts/service-host.ts";
import { statLine } from "../parts/statsd-line.ts";
import type { StatType, Tag } from "../parts/statsd-line.ts";

const NAMES = {
  kong_latency: "kong_latency",
  latency: "latency",
  request_count: "request.count",
  request_size: "request.size",
  response_size: "response.size",
  upstream_latency: "upstream_latency",
} as const;
type MetricName = keyof typeof NAMES;

const metricFields = s.object({
  name: s.enum([
    "kong_latency",
    "latency",
    "request_count",
    "request_size",
    "response_size",
    "upstream_latency",
  ]),
  stat_type: s.enum(["counter", "gauge", "histogram", "meter", "set", "timer", "distribution"]),
  tags: s.array(s.string().nonEmpty()).optional(),
  sample_rate: s.number().min(0).max(1).optional(),
  consumer_identifier: consumerIdentifierField.optional(),
});

interface Metric {
  readonly name: MetricName;
  readonly type: StatType;
  readonly rate: number;
  readonly tags: readonly Tag[];
  readonly consumer: ConsumerIdentifier | undefined;
}

const DEFAULTS: readonly (readonly [MetricName, StatType, number])[] = [
  ["request_count", "counter", 1],
  ["latency", "timer", 1],
  ["request_size", "timer", 1],
  ["response_size", "timer", 1],
  ["upstream_latency", "timer", 1],
  ["kong_latency", "timer", 1],
];
const DEFAULT_TAGS: readonly Tag[] = [["app", "kong"]];

export default definePlugin({
  name: "datadog",
  version: "1.0.0",
  priority: 10,
  capabilities: ["fetch"],
  config: s
    .object({
      host: s.string().nonEmpty().default("localhost"),
      port: s.port().default(8125),
      prefix: s.string().nonEmpty().default("kong"),
      service_name_tag: s.string().nonEmpty().default("name"),
      status_tag: s.string().nonEmpty().default("status"),
      consumer_tag: s.string().nonEmpty().default("consumer"),
      metrics: s.array(metricFields).optional(),
      queue: queueFields(),
    })
    .endpoint(true),

  configure({ host, port, queue, metrics, ...names }) {
    const all: readonly Metric[] =
      metrics?.map((metric) => ({
        name: metric.name,
        type: metric.stat_type,
        rate: metric.sample_rate ?? 1,
        tags: (metric.tags ?? []).map(tagOf),
        consumer: metric.consumer_identifier,
      })) ??
      DEFAULTS.map(([name, type, rate]) => ({
        name,
        type,
        rate,
        tags: DEFAULT_TAGS,
        consumer: "custom_id" as const,
      }));
    return { sink: openSink({ to: "udp", host, port, queue }), metrics: all, ...names };
  },

  onLog(ctx, settings) {
    const { sink, metrics, prefix, service_name_tag, status_tag, consumer_tag } = settings;
    const tags: Tag[] = [
      [service_name_tag, serviceNameOrHost(ctx) ?? ""],
      [status_tag, String(ctx.response.status)],
    ];
    for (const { name, type, rate, tags: own, consumer } of metrics) {
      if (rate < 1 && Math.random() >= rate) continue;
      const value = measure(ctx, name);
      if (value === undefined) continue;
      const user = consumer && identifiedConsumer(ctx, consumer);
      const all =
        user === undefined ? [...tags, ...own] : [...tags, [consumer_tag, user] as const, ...own];
      const stat = { name: `${prefix}.${NAMES[name]}`, value, type, rate };
      sink.append(statLine(stat, "dogstatsd", all));
    }
  },
});

function tagOf(text: string): Tag {
  const [name = "", ...value] = text.split(":");
  return [name, value.join(":")];
}

function measure({ measured }: LogContext, name: MetricName): number | undefined {
  switch (name) {
    case "request_count":
      return 1;
    case "request_size":
      return measured.requestBytes;
    case "response_size":
      return measured.responseBytes;
    case "latency":
      return measured.requestMs;
    case "kong_latency":
      return measured.gatewayMs;
    case "upstream_latency":
      return measured.upstreamMs;
  }
}
