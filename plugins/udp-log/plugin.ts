// Sends the log record of each request as a datagram, as Kong's udp-log does.
import { definePlugin, openSink, s } from "@sluice/plugin-sdk";

import { luaFields, refuseLua } from "../parts/lua-fields.ts";
import { queueFields } from "../parts/queue.ts";

export default definePlugin({
  name: "udp-log",
  version: "1.0.0",
  priority: 8,
  capabilities: ["fetch"],
  config: s
    .object({
      host: s.string().nonEmpty(),
      port: s.port(),
      timeout: s.integer().min(1).default(10_000).describe("ms; a datagram waits for nobody."),
      queue: queueFields(),
      custom_fields_by_lua: luaFields,
    })
    .endpoint(),

  configure({ host, port, queue, custom_fields_by_lua }) {
    refuseLua(custom_fields_by_lua);
    return openSink({ to: "udp", host, port, queue });
  },

  onLog(ctx, sink) {
    sink.appendRecord(ctx);
  },
});
