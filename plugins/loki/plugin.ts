// Pushes the log record of each request to Loki, with the fields of APISIX' loki-logger.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { queueFields } from "../parts/queue.ts";

export default definePlugin({
  name: "loki",
  version: "1.0.0",
  priority: 414,
  capabilities: ["fetch"],
  config: s.object({
    endpoint_addrs: s.array(s.url().secret().endpoint()).nonEmpty(),
    endpoint_uri: s
      .string()
      .pattern(/^\/[^\s#]*$/)
      .default("/loki/api/v1/push"),
    tenant_id: s.string().default("fake"),
    headers: s.record(s.string().secret()).optional(),
    log_labels: s.record(s.string()).default({ job: "sluice" }),
    timeout: s.integer().min(1).max(60_000).default(3000).describe("ms."),
    keepalive_timeout: s.integer().min(1000).max(3_600_000).default(60_000).describe("ms."),
    queue: queueFields(1000),
  }),

  configure({ endpoint_addrs, endpoint_uri, tenant_id, headers = {}, log_labels, ...more }) {
    const stream = JSON.stringify(log_labels);
    const sinks = endpoint_addrs.map((address) =>
      openSink({
        to: "http",
        url: address.replace(/\/+$/, "") + endpoint_uri,
        contentType: "application/json",
        headers: { ...headers, "X-Scope-OrgID": tenant_id },
        timeoutMs: more.timeout,
        keepAliveMs: more.keepalive_timeout,
        prefix: `{"streams":[{"stream":${stream},"values":[`,
        separator: ",",
        suffix: "]}]}",
        queue: more.queue,
      }),
    );
    return { sinks, next: 0 };
  },

  onLog(ctx, settings) {
    const { sinks } = settings;
    const sink = sinks[settings.next++ % sinks.length];
    // Loki wants nanoseconds, more than a number holds.
    sink?.append(`["${Math.floor(Date.now())}000000",${JSON.stringify(ctx.record())}]`);
  },
});
