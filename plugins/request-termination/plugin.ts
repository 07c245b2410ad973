// Answers requests instead of an upstream, as Kong's request-termination does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { echoOf } from "./echo.ts";

const config = s.object({
  status_code: s.integer().min(200).max(599).default(503),
  message: s.string().optional(),
  content_type: s
    .string()
    .pattern(/^[\x20-\x7e]+$/)
    .optional(),
  body: s.string().optional(),
  echo: s.boolean().default(false).describe("Answers with what the request was."),
  trigger: headerName
    .optional()
    .describe("Only requests with a header or a query argument of this name are answered."),
});

export default definePlugin({
  name: "request-termination",
  version: "1.0.0",
  priority: 2,
  config,

  configure(config) {
    const { message, content_type, body, echo, status_code } = config;
    if (message && (content_type || body)) {
      throw new ConfigError("message cannot be used with content_type or body");
    }
    if (content_type && !body) throw new ConfigError("content_type requires a body");
    if (echo && (content_type || body)) {
      throw new ConfigError("echo cannot be used with content_type and body");
    }
    return { ...config, text: message ?? DEFAULT_MESSAGES[status_code] };
  },

  onRequest(ctx, settings) {
    if (settings.trigger !== undefined && !hasTrigger(ctx, settings.trigger)) return;
    const { status_code, body, content_type, text } = settings;
    if (settings.echo) return answerWithEcho(ctx, status_code, text);
    if (body !== undefined) {
      return ctx.respond(status_code, body, {
        "Content-Type": content_type ?? "application/json; charset=utf-8",
      });
    }
    return ctx.respond(status_code, text === undefined ? undefined : { message: text });
  },
});

const DEFAULT_MESSAGES: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  404: "Not found",
  405: "Method not allowed",
  500: "An unexpected error occurred",
  502: "Bad Gateway",
  503: "Service unavailable",
};

function hasTrigger({ request }: RequestContext, name: string): boolean {
  return request.header(name) !== undefined || request.queryArg(name) !== undefined;
}

async function answerWithEcho(
  ctx: RequestContext,
  status: number,
  message: string | undefined,
): Promise<EarlyResponse> {
  return ctx.respond(status, { message, ...(await echoOf(ctx)) });
}
