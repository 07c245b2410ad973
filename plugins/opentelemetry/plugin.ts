// Traces requests and reports the spans by OTLP over HTTP, as Kong's opentelemetry does.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { checkCollectorHeaders } from "../parts/collector-headers.ts";
import { queueFields } from "../parts/queue.ts";
import { sumOfTimeouts, timeoutFields } from "../parts/tracing/collector-timeouts.ts";
import { HEADER_TYPES, propagationField, propagationOf } from "../parts/tracing/propagation.ts";
import { beginTrace, endTrace, tracingOf } from "../parts/tracing/request-trace.ts";
import { samplingStrategyField } from "../parts/tracing/sampling.ts";
import { jsonWriter } from "./otlp-json.ts";
import { protobufWriter } from "./otlp-protobuf.ts";

const BATCH = 200;

export default definePlugin({
  name: "opentelemetry",
  version: "1.0.0",
  priority: 14,
  capabilities: ["fetch"],
  config: s.object({
    traces_endpoint: s
      .url()
      .secret()
      .endpoint()
      .describe("Such as http://collector:4318/v1/traces."),
    protocol: s
      .enum(["http/protobuf", "http/json"])
      .default("http/protobuf")
      .describe("OpenTelemetry's names of them."),
    headers: s.record(s.string().secret()).default({}),
    resource_attributes: s.record(s.string()).default({}),
    sampling_rate: s.number().min(0).max(1).default(1),
    sampling_strategy: samplingStrategyField,
    header_type: s.enum(HEADER_TYPES).optional(),
    propagation: propagationField("w3c"),
    http_response_header_for_traceid: headerName.optional(),
    ...timeoutFields(1000),
    queue: queueFields(BATCH),
  }),

  configure(config, entry) {
    checkCollectorHeaders(config.headers);
    const isJson = config.protocol === "http/json";
    const resource = { "service.name": "sluice", ...config.resource_attributes };
    return {
      write: isJson ? jsonWriter(resource) : protobufWriter(resource),
      tracing: tracingOf(config, propagationOf(config.header_type, config.propagation), entry),
      sink: openSink({
        to: "http",
        url: config.traces_endpoint,
        headers: config.headers,
        contentType: isJson ? "application/json" : "application/x-protobuf",
        timeoutMs: sumOfTimeouts(config),
        ...(isJson && { prefix: '{"resourceSpans":[', separator: ",", suffix: "]}" }),
        queue: config.queue,
      }),
    };
  },

  onRequest(ctx, { tracing }) {
    beginTrace(ctx, tracing);
  },

  onLog(ctx, { sink, write, tracing }) {
    const trace = endTrace(ctx, tracing);
    if (trace !== undefined) sink.append(write(trace.spans));
  },
});
