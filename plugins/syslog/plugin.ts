// Sends the log record of each request to a syslog daemon, with Kong's levels and severities.
import { ConfigError, definePlugin, openSink, s } from "@sluice/plugin-sdk";
import type { Sink, SinkQueue } from "@sluice/plugin-sdk";

import { luaFields, refuseLua } from "../parts/lua-fields.ts";
import { queueFields } from "../parts/queue.ts";
import { counted, isAtLeast, message, priority } from "./message.ts";
import type { Severity } from "./message.ts";

const severity = s.enum(["debug", "info", "notice", "warning", "err", "crit", "alert", "emerg"]);

const facility = s.enum([
  "auth",
  "authpriv",
  "cron",
  "daemon",
  "ftp",
  "kern",
  "lpr",
  "mail",
  "news",
  "syslog",
  "user",
  "uucp",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
]);

export default definePlugin({
  name: "syslog",
  version: "1.0.0",
  priority: 4,
  capabilities: ["fetch"],
  config: s
    .object({
      log_level: severity.default("info"),
      successful_severity: severity.default("info"),
      client_errors_severity: severity.default("info"),
      server_errors_severity: severity.default("info"),
      facility: facility.default("user"),
      protocol: s.enum(["udp", "tcp", "tls", "unix"]).default("udp"),
      host: s.string().nonEmpty().default("localhost"),
      port: s.port().default(514),
      path: s.string().nonEmpty().optional().describe("A stream socket, with protocol unix."),
      timeout: s.integer().min(1).max(60_000).default(10_000).describe("ms."),
      tls_sni: s.string().optional(),
      ssl_verify: s.boolean().default(true),
      queue: queueFields(),
      custom_fields_by_lua: luaFields,
    })
    .endpoint(true),

  configure(config) {
    refuseLua(config.custom_fields_by_lua);
    const prefixOf = (of: Severity): string | undefined =>
      isAtLeast(of, config.log_level) ? priority(config.facility, of) : undefined;
    return {
      sink: sinkOf(config),
      isCounted: config.protocol === "tcp" || config.protocol === "tls",
      successful: prefixOf(config.successful_severity),
      clientErrors: prefixOf(config.client_errors_severity),
      serverErrors: prefixOf(config.server_errors_severity),
    };
  },

  onLog(ctx, { sink, isCounted, successful, clientErrors, serverErrors }) {
    const { status } = ctx.response;
    const pri = status >= 500 ? serverErrors : status >= 400 ? clientErrors : successful;
    if (pri === undefined) return;
    const text = message(pri, Date.now(), ctx.record());
    sink.append(isCounted ? counted(text) : text);
  },
});

interface Destination {
  readonly protocol: "udp" | "tcp" | "tls" | "unix";
  readonly host: string;
  readonly port: number;
  readonly path?: string | undefined;
  readonly timeout: number;
  readonly tls_sni?: string | undefined;
  readonly ssl_verify: boolean;
  readonly queue: SinkQueue;
}

function sinkOf(config: Destination): Sink {
  const { protocol, host, port, path, timeout: timeoutMs, queue } = config;
  switch (protocol) {
    case "udp":
      return openSink({ to: "udp", host, port, queue });
    case "tcp":
      return openSink({ to: "tcp", host, port, timeoutMs, queue });
    case "tls": {
      const tls = { sni: config.tls_sni, verify: config.ssl_verify };
      return openSink({ to: "tcp", host, port, timeoutMs, tls, queue });
    }
    case "unix":
      if (path === undefined) throw new ConfigError("protocol unix needs it", "path");
      return openSink({ to: "unix", path, timeoutMs, separator: "\n", suffix: "\n", queue });
  }
}
