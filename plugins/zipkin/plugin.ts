// Traces requests and reports the spans to Zipkin, as Kong's zipkin does.
import { ConfigError, definePlugin, openSink, s } from "@sluice/plugin-sdk";
import type { LogContext } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { queueFields } from "../parts/queue.ts";
import { sumOfTimeouts, timeoutFields } from "../parts/tracing/collector-timeouts.ts";
import { HEADER_TYPES, propagationField, propagationOf } from "../parts/tracing/propagation.ts";
import { beginTrace, endTrace, keyOf } from "../parts/tracing/request-trace.ts";
import { FORMAT_NAMES } from "../parts/tracing/formats.ts";
import { zipkinSpan } from "./zipkin-span.ts";

/** Kong's default for a collector that should not see every request of a busy gateway. */
const DEFAULT_RATIO = 0.001;

export default definePlugin({
  name: "zipkin",
  version: "1.0.0",
  priority: 100_000,
  capabilities: ["fetch"],
  config: s.object({
    http_endpoint: s.url().secret().endpoint().describe("Such as http://zipkin:9411/api/v2/spans."),
    sample_ratio: s.number().min(0).max(1).default(DEFAULT_RATIO),
    default_service_name: s.string().nonEmpty().optional(),
    local_service_name: s.string().nonEmpty().default("sluice"),
    include_credential: s.boolean().default(true).describe("Of the consumer: its name."),
    traceid_byte_count: s.union([s.literal(8), s.literal(16)]).default(16),
    header_type: s.enum(HEADER_TYPES).optional(),
    default_header_type: s.enum(FORMAT_NAMES).default("b3"),
    propagation: propagationField("b3"),
    tags_header: headerName.default("Zipkin-Tags"),
    static_tags: s.array(s.object({ name: s.string().nonEmpty(), value: s.string() })).default([]),
    http_span_name: s.enum(["method", "method_path"]).default("method"),
    http_response_header_for_traceid: headerName.optional(),
    ...timeoutFields(2000),
    queue: queueFields(),
  }),

  configure(config, entry) {
    const names = config.static_tags.map(({ name }) => name);
    const again = names.find((name, at) => names.indexOf(name) < at);
    if (again !== undefined) throw new ConfigError(`has ${again} twice`, "static_tags");
    const { propagation: given, default_header_type } = config;
    const isDefault = given.default_format === "b3";
    const propagation = isDefault ? { ...given, default_format: default_header_type } : given;
    return {
      ...config,
      tracing: {
        propagation: propagationOf(config.header_type, propagation),
        // A caller's decision counts, as in Kong.
        sampling: { strategy: "parent_probability_fallback", ratio: config.sample_ratio },
        isShort: config.traceid_byte_count === 8,
        responseHeader: config.http_response_header_for_traceid,
        key: keyOf(entry),
      } as const,
      staticTags: Object.fromEntries(config.static_tags.map(({ name, value }) => [name, value])),
      sink: openSink({
        to: "http",
        url: config.http_endpoint,
        contentType: "application/json",
        timeoutMs: sumOfTimeouts(config),
        prefix: "[",
        separator: ",",
        suffix: "]",
        queue: config.queue,
      }),
    };
  },

  onRequest(ctx, settings) {
    beginTrace(ctx, settings.tracing);
  },

  onLog(ctx, settings) {
    const trace = endTrace(ctx, settings.tracing);
    if (trace === undefined) return;
    const options = {
      localServiceName: settings.local_service_name,
      remoteServiceName: settings.default_service_name,
      tags: { ...settings.staticTags, ...tagsIn(ctx, settings.tags_header) },
    };
    const [server, ...others] = trace.spans;
    if (server === undefined) return;
    const method = String(server.attributes["http.request.method"]);
    const name = settings.http_span_name === "method" ? method : `${method} ${trace.path}`;
    const named = { ...server, name, attributes: { ...server.attributes } };
    if (!settings.include_credential) delete named.attributes["sluice.consumer"];
    settings.sink.append([named, ...others].map((span) => zipkinSpan(span, options)).join(","));
  },
});

const MAX_TAGS = 32;

/** `name=value;other=value`, from the client. */
function tagsIn({ request }: LogContext, header: string): Record<string, string> {
  const text = request.header(header);
  if (text === undefined) return {};
  const pairs = text.split(";", MAX_TAGS).flatMap((part) => {
    const at = part.indexOf("=");
    return at <= 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}
