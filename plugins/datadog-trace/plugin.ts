// Traces requests and reports the spans to a Datadog agent, with the fields of Kuma's MeshTrace.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { queueFields } from "../parts/queue.ts";
import { propagationField, propagationOf } from "../parts/tracing/propagation.ts";
import { beginTrace, endTrace, tracingOf } from "../parts/tracing/request-trace.ts";
import { samplingStrategyField } from "../parts/tracing/sampling.ts";
import { datadogTrace } from "./datadog-span.ts";

export default definePlugin({
  name: "datadog-trace",
  version: "1.0.0",
  priority: 16,
  capabilities: ["fetch"],
  config: s.object({
    url: s.url().endpoint().describe("Of the agent, such as http://127.0.0.1:8126."),
    splitService: s
      .boolean()
      .default(false)
      .describe("Whether the way to the upstream has a service of its own."),
    service: s.string().nonEmpty().default("sluice"),
    env: s.string().nonEmpty().optional(),
    sampling_rate: s.number().min(0).max(1).default(1),
    sampling_strategy: samplingStrategyField,
    propagation: propagationField("datadog"),
    http_response_header_for_traceid: headerName.optional(),
    timeout: s.integer().min(1).max(60_000).default(5000).describe("ms."),
    queue: queueFields(100),
  }),

  configure({ url, splitService, service, env, queue, timeout, ...config }, entry) {
    return {
      options: {
        service,
        upstreamService: splitService ? `${service}_OUTBOUND` : service,
        environment: env,
      },
      tracing: tracingOf(config, propagationOf(undefined, config.propagation), entry),
      sink: openSink({
        to: "http",
        url: `${url.replace(/\/+$/, "")}/v0.3/traces`,
        method: "PUT",
        contentType: "application/json",
        timeoutMs: timeout,
        prefix: "[",
        separator: ",",
        suffix: "]",
        queue,
      }),
    };
  },

  onRequest(ctx, { tracing }) {
    beginTrace(ctx, tracing);
  },

  onLog(ctx, { sink, options, tracing }) {
    const trace = endTrace(ctx, tracing);
    if (trace !== undefined) sink.append(datadogTrace(trace.spans, options));
  },
});
