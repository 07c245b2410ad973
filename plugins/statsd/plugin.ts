// Sends metrics of each request to a StatsD server, with Kong's names.
import { ConfigError, definePlugin, openSink, s } from "@sluice/plugin-sdk";
import type { Sink } from "@sluice/plugin-sdk";

import { consumerIdentifierField } from "../parts/consumer-identifier.ts";
import { queueFields } from "../parts/queue.ts";
import { utf8Length } from "../parts/utf8-length.ts";
import type { StatType } from "../parts/statsd-line.ts";
import { lineOf, METRIC_NAMES } from "./metrics.ts";
import type { Metric, MetricName } from "./metrics.ts";
import { isInRanges, STATUS_RANGE } from "./status-ranges.ts";

const serviceIdentifier = s.enum([
  "service_id",
  "service_name",
  "service_host",
  "service_name_or_host",
]);
const workspaceIdentifier = s.enum(["workspace_id", "workspace_name"]);

const metricFields = s.object({
  name: s.enum([
    ...METRIC_NAMES,
    "shdict_usage",
    "cache_datastore_hits_total",
    "cache_datastore_misses_total",
  ]),
  stat_type: s.enum(["counter", "gauge", "histogram", "meter", "set", "timer"]),
  sample_rate: s.number().above(0).max(1).optional(),
  consumer_identifier: consumerIdentifierField.optional(),
  service_identifier: serviceIdentifier.optional(),
  workspace_identifier: workspaceIdentifier.optional(),
});

/** Kong's, without what only its own memory has. */
const DEFAULTS: readonly (readonly [MetricName, StatType])[] = [
  ["request_count", "counter"],
  ["latency", "timer"],
  ["request_size", "counter"],
  ["status_count", "counter"],
  ["response_size", "counter"],
  ["unique_users", "set"],
  ["request_per_user", "counter"],
  ["upstream_latency", "timer"],
  ["kong_latency", "timer"],
  ["status_count_per_user", "counter"],
  ["status_count_per_workspace", "counter"],
  ["status_count_per_user_per_route", "counter"],
];

export default definePlugin({
  name: "statsd",
  version: "1.0.0",
  priority: 11,
  capabilities: ["fetch"],
  config: s
    .object({
      host: s.string().nonEmpty().default("localhost"),
      port: s.port().default(8125),
      prefix: s.string().nonEmpty().default("kong"),
      metrics: s.array(metricFields).optional(),
      allow_status_codes: s.array(s.string().pattern(STATUS_RANGE)).optional(),
      udp_packet_size: s.integer().min(0).max(65_507).default(0),
      use_tcp: s.boolean().default(false),
      hostname_in_prefix: s.boolean().default(false),
      consumer_identifier_default: consumerIdentifierField.default("custom_id"),
      service_identifier_default: serviceIdentifier.default("service_name_or_host"),
      workspace_identifier_default: workspaceIdentifier.default("workspace_id"),
      tag_style: s.enum(["dogstatsd", "influxdb", "librato", "signalfx"]).optional(),
      queue: queueFields(),
    })
    .endpoint(true),

  configure({ host, port, prefix, use_tcp, udp_packet_size, queue, ...config }) {
    if (config.hostname_in_prefix) {
      throw new ConfigError(
        "plugins do not know the host's name: put it into prefix",
        "hostname_in_prefix",
      );
    }
    const consumer = config.consumer_identifier_default;
    const service = config.service_identifier_default;
    const given = config.metrics?.map((metric, at) => ({
      name: measurable(metric.name, at),
      type: metric.stat_type,
      rate: metric.sample_rate ?? 1,
      consumer: metric.consumer_identifier ?? consumer,
      service: metric.service_identifier ?? service,
    }));
    const metrics: readonly Metric[] =
      given ?? DEFAULTS.map(([name, type]) => ({ name, type, rate: 1, consumer, service }));
    const packetBytes = udp_packet_size;
    const common = { host, port, queue };
    let sink: Sink;
    if (use_tcp) sink = openSink({ to: "tcp", ...common, separator: "\n", suffix: "\n" });
    else if (packetBytes === 0) sink = openSink({ to: "udp", ...common });
    else sink = openSink({ to: "udp", ...common, packetBytes, separator: "\n" });
    const { tag_style: style, allow_status_codes: statuses } = config;
    return { sink, metrics, prefix, style, statuses, packetBytes: use_tcp ? 65_507 : packetBytes };
  },

  onLog(ctx, { sink, metrics, prefix, style, statuses, packetBytes }) {
    if (statuses !== undefined && !isInRanges(ctx.response.status, statuses)) return;
    let packet = "";
    for (const metric of metrics) {
      if (metric.rate < 1 && Math.random() >= metric.rate) continue;
      const line = lineOf(ctx, metric, prefix, style);
      if (line === undefined) continue;
      const longer = packet === "" ? line : `${packet}\n${line}`;
      if (packet === "" || utf8Length(longer) <= packetBytes) {
        packet = longer;
        continue;
      }
      sink.append(packet);
      packet = line;
    }
    if (packet !== "") sink.append(packet);
  },
});

function measurable(name: MetricName | (string & {}), at: number): MetricName {
  const known = METRIC_NAMES.find((each) => each === name);
  if (known !== undefined) return known;
  throw new ConfigError(
    "is of Kong's own memory and cache, which are not here",
    `metrics[${at}].name`,
  );
}
