// Limits how many requests a client may make in a second, minute, hour, day, month or year, as Kong's rate-limiting
// does with policy local.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext } from "@sluice/plugin-sdk";

import { takeOne } from "./quota.ts";
import { createWindow, PERIODS, resetText } from "./windows.ts";
import type { Window } from "./windows.ts";

const limit = s.integer().min(1).optional();

const config = s.object({
  second: limit,
  minute: limit,
  hour: limit,
  day: limit,
  month: limit,
  year: limit,
  limit_by: s
    .enum(["consumer", "credential", "ip", "service", "header", "path"])
    .default("consumer")
    .describe("Whose requests are counted together; the client's address where there is none."),
  header_name: s
    .string()
    .pattern(/^[A-Za-z0-9_-]+$/)
    .optional(),
  path: s.string().pattern(/^\//).optional(),
  policy: s.enum(["local", "cluster", "redis"]).default("local"),
  fault_tolerant: s
    .boolean()
    .default(true)
    .describe("Lets requests pass when they cannot be counted; otherwise they get 500."),
  hide_client_headers: s.boolean().default(false),
  error_code: s.integer().min(200).max(599).default(429),
  error_message: s.string().default("API rate limit exceeded"),
});

type Config = Infer<typeof config>;

export default definePlugin({
  name: "rate-limiting",
  version: "1.0.0",
  priority: 910,
  config,

  configure(config, entry) {
    if (config.policy !== "local") {
      throw new ConfigError(`"${config.policy}" is not supported, only "local" is`, "policy");
    }
    if (config.limit_by === "header" && config.header_name === undefined) {
      throw new ConfigError("is required when limit_by is header", "header_name");
    }
    if (config.limit_by === "path" && config.path === undefined) {
      throw new ConfigError("is required when limit_by is path", "path");
    }
    return {
      ...config,
      windows: windowsOf(config, entry.id),
      // Stands before the identifier, so that a header with another client's address leaves its quota alone.
      identifierPrefix: `${config.limit_by}:`,
    };
  },

  onRequest(ctx, settings) {
    const nowMs = Date.now();
    const identifier = identifierOf(ctx, settings);
    let fits: boolean;
    try {
      fits = takeOne(ctx.store, settings.windows, identifier, nowMs);
    } catch (cause) {
      if (!settings.fault_tolerant) throw cause;
      ctx.log.error(`The request was not counted: ${String(cause)}`);
      return;
    }

    if (!settings.hide_client_headers) {
      ctx.response.setHeaders(quotaHeaders(settings.windows, nowMs, fits));
    }
    if (fits) return;
    return ctx.error(settings.error_code, settings.error_message);
  },
});

/** Shortest period first. Throws ConfigError when there is no limit, or a longer period allows less than a shorter. */
function windowsOf(config: Config, entryId: string): Window[] {
  const windows: Window[] = [];
  for (const period of PERIODS) {
    const limit = config[period];
    if (limit === undefined) continue;
    const shorter = windows.at(-1);
    if (shorter !== undefined && limit < shorter.limit) {
      const bound = `${shorter.limit}, the limit of ${shorter.period}`;
      throw new ConfigError(`${limit} is lower than ${bound}`, period);
    }
    windows.push(createWindow(period, limit, entryId));
  }
  if (windows.length === 0) throw new ConfigError(`give at least one of ${PERIODS.join(", ")}`);
  return windows;
}

function identifierOf(
  ctx: RequestContext,
  settings: Config & { identifierPrefix: string },
): string {
  const value = limitedValue(ctx, settings);
  return value === undefined ? `ip:${ctx.client.address}` : settings.identifierPrefix + value;
}

/** Undefined where there is nothing of the kind: then the client's address counts. */
function limitedValue(ctx: RequestContext, config: Config): string | undefined {
  switch (config.limit_by) {
    case "consumer":
      return ctx.consumers.current?.id ?? ctx.consumers.credentialId;
    case "credential":
      return ctx.consumers.credentialId;
    case "ip":
      return undefined;
    case "service":
      return ctx.service?.id;
    case "header":
      return ctx.request.header(config.header_name ?? "");
    case "path":
      return ctx.request.path === config.path ? config.path : undefined;
  }
}

/** Names and values in turn. */
function quotaHeaders(windows: readonly Window[], nowMs: number, fits: boolean): string[] {
  const window = tightest(windows);
  const reset = resetText(window, nowMs);
  const headers = [
    "RateLimit-Limit",
    window.limitText,
    "RateLimit-Remaining",
    String(window.remaining),
    "RateLimit-Reset",
    reset,
  ];
  if (!fits) headers.push("Retry-After", reset);
  for (let at = 0; at < windows.length; at++) {
    const { limitHeader, limitText, remainingHeader, remaining } = windows[at] as Window;
    headers.push(limitHeader, limitText, remainingHeader, String(remaining));
  }
  return headers;
}

/** The window with the fewest requests left; the longest of several. */
function tightest(windows: readonly Window[]): Window {
  let tightest = windows[0] as Window; // An entry has at least one.
  for (let at = 1; at < windows.length; at++) {
    const window = windows[at] as Window;
    if (window.remaining <= tightest.remaining) tightest = window;
  }
  return tightest;
}
