// Kong's StatsD metrics: what each measures, and the name it has.
import type { LogContext } from "@sluice/plugin-sdk";

import { identifiedConsumer } from "../parts/consumer-identifier.ts";
import type { ConsumerIdentifier } from "../parts/consumer-identifier.ts";
import { serviceHost, serviceNameOrHost } from "../parts/service-host.ts";
import { namePart, statLine } from "../parts/statsd-line.ts";
import type { StatType, Tag, TagStyle } from "../parts/statsd-line.ts";

export const METRIC_NAMES = [
  "kong_latency",
  "latency",
  "request_count",
  "request_per_user",
  "request_size",
  "response_size",
  "status_count",
  "status_count_per_user",
  "status_count_per_user_per_route",
  "status_count_per_workspace",
  "unique_users",
  "upstream_latency",
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

export type ServiceIdentifier =
  | "service_host"
  | "service_id"
  | "service_name"
  | "service_name_or_host";

/** A metric as the config has it, with the defaults of its identifiers filled in. */
export interface Metric {
  readonly name: MetricName;
  readonly type: StatType;
  readonly rate: number;
  readonly consumer: ConsumerIdentifier;
  readonly service: ServiceIdentifier;
}

/** There are no workspaces: all is in Kong's first one. */
const WORKSPACE = "default";

/** Undefined when the request has nothing to measure: no consumer, or no answer of an upstream. */
export function lineOf(
  ctx: LogContext,
  metric: Metric,
  prefix: string,
  style: TagStyle | undefined,
): string | undefined {
  const measured = measure(ctx, metric);
  if (measured === undefined) return undefined;
  const { value, suffix, tags = [] } = measured;
  const { type, rate } = metric;
  const service = serviceOf(ctx, metric.service);
  if (style !== undefined) {
    const all: Tag[] = [["workspace", WORKSPACE], ...tags];
    if (service !== undefined) all.unshift(["service", service]);
    const name = `${prefix}.${measured.tagged}`;
    return statLine({ name, value, type, rate }, style, all);
  }
  const scope =
    measured.scope ?? (service === undefined ? "global.unmatched" : `service.${namePart(service)}`);
  return statLine({ name: `${prefix}.${scope}.${suffix}`, value, type, rate });
}

interface Measurement {
  readonly value: number | string;
  /** Behind the scope. */
  readonly suffix: string;
  /** Where tags say the rest. */
  readonly tagged: string;
  readonly tags?: readonly Tag[];
  /** Instead of the service's. */
  readonly scope?: string;
}

function measure(ctx: LogContext, { name, consumer: by }: Metric): Measurement | undefined {
  const { measured } = ctx;
  const plain = (value: number, suffix: string): Measurement => ({ value, suffix, tagged: suffix });
  switch (name) {
    case "request_count":
      return plain(1, "request.count");
    case "request_size":
      return plain(measured.requestBytes, "request.size");
    case "response_size":
      return plain(measured.responseBytes, "response.size");
    case "latency":
      return plain(measured.requestMs, "latency");
    case "kong_latency":
      return plain(measured.gatewayMs, "kong_latency");
    case "upstream_latency": {
      const { upstreamMs } = measured;
      return upstreamMs === undefined ? undefined : plain(upstreamMs, "upstream_latency");
    }
    case "status_count":
      return perStatus(ctx, "", []);
    case "status_count_per_workspace":
      return perStatus(ctx, `workspace.${WORKSPACE}.`, []);
    case "request_per_user":
    case "unique_users":
    case "status_count_per_user":
    case "status_count_per_user_per_route":
      return measureUser(ctx, name, identifiedConsumer(ctx, by));
  }
}

type UserMetric = Extract<MetricName, `${string}user${string}`>;

function measureUser(
  ctx: LogContext,
  name: UserMetric,
  consumer: string | undefined,
): Measurement | undefined {
  if (consumer === undefined) return undefined;
  const user = `user.${namePart(consumer)}`;
  const tags: Tag[] = [["consumer", consumer]];
  switch (name) {
    case "request_per_user":
      return { value: 1, suffix: `${user}.request.count`, tagged: "request.count", tags };
    case "unique_users":
      return { value: namePart(consumer), suffix: "user.uniques", tagged: "user.uniques" };
    case "status_count_per_user":
      return perStatus(ctx, `${user}.`, tags);
    case "status_count_per_user_per_route": {
      const { route } = ctx;
      if (route === undefined) return undefined;
      const measurement = perStatus(ctx, `${user}.`, [["route", route.name ?? route.id], ...tags]);
      return { ...measurement, scope: `route.${namePart(route.id)}` };
    }
  }
}

function perStatus(ctx: LogContext, before: string, tags: readonly Tag[]): Measurement {
  const status = String(ctx.response.status);
  const all: Tag[] = [...tags, ["status", status]];
  return { value: 1, suffix: `${before}status.${status}`, tagged: "status", tags: all };
}

function serviceOf(ctx: LogContext, by: ServiceIdentifier): string | undefined {
  switch (by) {
    case "service_id":
      return ctx.service?.id;
    case "service_name":
      return ctx.service?.name;
    case "service_host":
      return serviceHost(ctx);
    case "service_name_or_host":
      return serviceNameOrHost(ctx);
  }
}
