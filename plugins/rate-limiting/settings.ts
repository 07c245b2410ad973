// The config, and what the handlers make of it once.
import { ConfigError, openRedis, s } from "@sluice/plugin-sdk";
import type { Infer } from "@sluice/plugin-sdk";

import { identifierBy } from "../parts/client-identifier.ts";
import type { Identify } from "../parts/client-identifier.ts";
import { PERIODS, periodFields } from "../parts/calendar-windows.ts";
import { redisFields } from "../parts/redis.ts";
import { takeFromBuckets } from "./buckets.ts";
import { take, takeSliding } from "./quota.ts";
import type { Take } from "./quota.ts";
import { takeFromRedis } from "./redis-quota.ts";
import type { TakeLater } from "./redis-quota.ts";
import { createWindow } from "./windows.ts";
import type { Window } from "./windows.ts";

const headerName = s
  .string()
  .pattern(/^[A-Za-z0-9_-]+$/)
  .optional();

export const config = s.object({
  ...periodFields,
  limit_by: s
    .enum(["consumer", "credential", "ip", "service", "header", "path"])
    .default("consumer")
    .describe("Whose requests are counted together; the client's address where there is none."),
  header_name: headerName,
  path: s.string().pattern(/^\//).optional(),
  ipv6_prefix: s
    .integer()
    .min(1)
    .max(128)
    .default(64)
    .describe("Bits of an IPv6 address that make one client."),
  policy: s.enum(["local", "cluster", "redis"]).default("local"),
  redis: redisFields.optional(),
  sync_rate: s.number().default(-1),
  algorithm: s
    .enum(["window", "token_bucket", "leaky_bucket"])
    .default("window")
    .describe("Counts in windows; or lets bursts pass, or holds them back, at the limit's rate."),
  window_type: s.enum(["fixed", "sliding"]).default("fixed"),
  burst: s.integer().min(0).optional().describe("Of buckets."),
  cost: s.integer().min(1).default(1).describe("What one request counts."),
  cost_header: headerName.describe("A request header with a number that takes the place of cost."),
  fault_tolerant: s
    .boolean()
    .default(true)
    .describe("Lets requests pass when they cannot be counted; otherwise they get 500."),
  hide_client_headers: s.boolean().default(false),
  ietf_headers: s.boolean().default(false).describe("RateLimit and RateLimit-Policy as well."),
  error_code: s.integer().min(200).max(599).default(429),
  error_message: s.string().default("API rate limit exceeded"),
});

export type Config = Infer<typeof config>;

export interface Settings extends Config {
  readonly windows: Window[];
  /** Whose request it is. */
  readonly identify: Identify;
  readonly take: Take;
  /** Instead of it, when the counters are elsewhere. */
  readonly takeLater: TakeLater | undefined;
  readonly isLeaky: boolean;
}

/** Of what is held back, ms: whoever waits keeps a connection. */
const MAX_DELAY_MS = 60_000;

/** Throws ConfigError. */
export function settingsOf(config: Config, entryId: string): Settings {
  checkFields(config);
  const windows = windowsOf(config, entryId);
  const isLeaky = config.algorithm === "leaky_bucket";
  if (isLeaky) checkDelay(windows);
  return {
    ...config,
    windows,
    identify: identifierBy(config),
    take: takeOf(config),
    takeLater: takeLaterOf(config),
    isLeaky,
  };
}

function checkFields(config: Config): void {
  if (config.policy === "cluster") {
    throw new ConfigError('"cluster" needs Kong\'s database: use "redis" or "local"', "policy");
  }
  if (config.sync_rate !== -1) {
    throw new ConfigError("must be -1: every request is counted when it comes", "sync_rate");
  }
  if (config.policy === "redis" && config.redis?.host === undefined) {
    throw new ConfigError("is required when policy is redis", "redis.host");
  }
  if (config.limit_by === "header" && config.header_name === undefined) {
    throw new ConfigError("is required when limit_by is header", "header_name");
  }
  if (config.limit_by === "path" && config.path === undefined) {
    throw new ConfigError("is required when limit_by is path", "path");
  }
  if (config.algorithm === "window" && config.burst !== undefined) {
    throw new ConfigError("is for the algorithms token_bucket and leaky_bucket", "burst");
  }
  if (config.algorithm !== "window" && config.window_type !== "fixed") {
    throw new ConfigError("is for the algorithm window", "window_type");
  }
  if (config.algorithm === "token_bucket" && config.burst === 0) {
    throw new ConfigError("must be 1 or more: a bucket of nothing lets nothing pass", "burst");
  }
}

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
    windows.push(createWindow(period, limit, entryId, burstOf(config, limit)));
  }
  if (windows.length === 0) throw new ConfigError(`give at least one of ${PERIODS.join(", ")}`);
  return windows;
}

/** How many requests fit into a bucket at a time: of a leaky one the first is on its way at once. */
function burstOf({ algorithm, burst }: Config, limit: number): number {
  return algorithm === "leaky_bucket" ? (burst ?? 0) + 1 : (burst ?? limit);
}

function checkDelay(windows: readonly Window[]): void {
  for (const { period, bucket } of windows) {
    const delayMs = bucket.capacityMs - bucket.intervalMs;
    if (delayMs <= MAX_DELAY_MS) continue;
    const seconds = Math.ceil(delayMs / 1000);
    throw new ConfigError(
      `with the limit of ${period}, requests would be held for ${seconds} s, at most 60 s are possible`,
      "burst",
    );
  }
}

function takeOf({ algorithm, window_type }: Config): Take {
  if (algorithm !== "window") return takeFromBuckets;
  return window_type === "sliding" ? takeSliding : take;
}

function takeLaterOf({ policy, redis, algorithm, window_type }: Config): TakeLater | undefined {
  if (policy !== "redis" || redis === undefined) return undefined;
  return takeFromRedis(openRedis(redis), algorithm === "window" ? window_type : "bucket");
}
