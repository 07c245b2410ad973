// Sends the log record of each request to a TCP server, one line of JSON each, as Kong's tcp-log does.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { luaFields, refuseLua } from "../parts/lua-fields.ts";
import { queueFields } from "../parts/queue.ts";

export default definePlugin({
  name: "tcp-log",
  version: "1.0.0",
  priority: 7,
  capabilities: ["fetch"],
  config: s
    .object({
      host: s.string().nonEmpty(),
      port: s.port(),
      timeout: s.integer().min(1).max(60_000).default(10_000).describe("ms."),
      keepalive: s.integer().min(0).max(3_600_000).default(60_000).describe("ms."),
      tls: s.boolean().default(false),
      tls_sni: s.string().optional(),
      ssl_verify: s.boolean().default(true),
      queue: queueFields(),
      custom_fields_by_lua: luaFields,
    })
    .endpoint(),

  configure({ host, port, timeout, keepalive, tls, tls_sni, ssl_verify, queue, ...more }) {
    refuseLua(more.custom_fields_by_lua);
    return openSink({
      to: "tcp",
      host,
      port,
      timeoutMs: timeout,
      keepAliveMs: keepalive,
      ...(tls && { tls: { sni: tls_sni, verify: ssl_verify } }),
      separator: "\n",
      suffix: "\n",
      queue,
    });
  },

  onLog(ctx, sink) {
    sink.appendRecord(ctx);
  },
});
