// What the handler makes of the config, once.
import { ConfigError, openRedis } from "@sluice/plugin-sdk";

import { identifierBy } from "../parts/client-identifier.ts";
import type { Identify } from "../parts/client-identifier.ts";
import { PERIODS } from "../parts/calendar-windows.ts";
import type { Config } from "./config.ts";
import { limitByGateway } from "./gateway-limit.ts";
import type { Limit } from "./limit.ts";
import { limitByBuckets, limitByRedis } from "./own-limit.ts";
import { takeFromRedis } from "./redis-quota.ts";
import { createWindow } from "./windows.ts";
import type { Window } from "./windows.ts";

export interface Settings {
  readonly cost: number;
  readonly costHeader: string | undefined;
  /** Whose request it is. */
  readonly identify: Identify;
  readonly limit: Limit;
}

/** Of what is held back, ms: whoever waits keeps a connection. */
const MAX_DELAY_MS = 60_000;

/** Throws ConfigError. */
export function settingsOf(config: Config, entryId: string): Settings {
  checkFields(config);
  const windows = windowsOf(config, entryId);
  if (config.algorithm === "leaky_bucket") checkDelay(windows);
  return {
    cost: config.cost,
    costHeader: config.cost_header,
    identify: identifierBy(config),
    limit: limitOf(config, windows),
  };
}

function limitOf(config: Config, windows: readonly Window[]): Limit {
  const { policy, redis, algorithm, window_type } = config;
  if (policy === "redis" && redis !== undefined) {
    const kind = algorithm === "window" ? window_type : "bucket";
    return limitByRedis(config, windows, takeFromRedis(openRedis(redis), kind));
  }
  return algorithm === "window" ? limitByGateway(config) : limitByBuckets(config, windows);
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
