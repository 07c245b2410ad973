// Sends the log record of each request to an HTTP server, as Kong's http-log does.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { checkCollectorHeaders } from "../parts/collector-headers.ts";
import { luaFields, refuseLua } from "../parts/lua-fields.ts";
import { queueFields } from "../parts/queue.ts";

export default definePlugin({
  name: "http-log",
  version: "1.0.0",
  priority: 12,
  capabilities: ["fetch"],
  config: s.object({
    http_endpoint: s.url().secret().endpoint(),
    method: s.enum(["POST", "PUT", "PATCH"]).default("POST"),
    content_type: s
      .enum(["application/json", "application/json; charset=utf-8"])
      .default("application/json"),
    timeout: s.integer().min(1).max(60_000).default(10_000).describe("ms."),
    keepalive: s.integer().min(0).max(3_600_000).default(60_000).describe("ms."),
    headers: s.record(s.string().secret()).optional(),
    queue: queueFields(),
    custom_fields_by_lua: luaFields,
  }),

  configure({ http_endpoint, method, content_type, timeout, keepalive, headers = {}, ...more }) {
    refuseLua(more.custom_fields_by_lua);
    checkCollectorHeaders(headers);
    const isBatch = more.queue.max_batch_size > 1;
    return openSink({
      to: "http",
      url: http_endpoint,
      method,
      contentType: content_type,
      timeoutMs: timeout,
      keepAliveMs: keepalive,
      headers,
      ...(isBatch && { prefix: "[", separator: ",", suffix: "]" }),
      queue: more.queue,
    });
  },

  onLog(ctx, sink) {
    sink.appendRecord(ctx);
  },
});
