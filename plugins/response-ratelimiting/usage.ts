// What is used of each limit: read before the upstream is asked, counted when it has said what it used.
import type { Redis, RedisReply, Store } from "@sluice/plugin-sdk";

import { calendarWindow, lifetimeMs, moveTo } from "../parts/calendar-windows.ts";
import type { CalendarWindow, Period } from "../parts/calendar-windows.ts";

/** One period of one limit. */
export interface Quota extends CalendarWindow {
  readonly name: string;
  readonly limit: number;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

export interface Counted {
  /** False when something was used of which nothing was left: then nothing is counted. */
  readonly fits: boolean;
  /** By quota, before this request. */
  readonly used: readonly number[];
}

/** Where counters are. `increments` has a number for each quota, 0 for what is not used. */
export interface Counters {
  read(quotas: readonly Quota[], identifier: string): number[] | Promise<number[]>;
  count(
    quotas: readonly Quota[],
    identifier: string,
    increments: readonly number[],
  ): Counted | Promise<Counted>;
}

export function quotaOf(name: string, period: Period, limit: number, entryId: string): Quota {
  return {
    ...calendarWindow(period, `${entryId}:${name}`),
    name,
    limit,
    limitHeader: `X-RateLimit-Limit-${name}-${period}`,
    remainingHeader: `X-RateLimit-Remaining-${name}-${period}`,
  };
}

/** In the gateway's own store, which its workers share. */
export function localCounters(store: Store): Counters {
  const keysOf = (quotas: readonly Quota[], identifier: string, nowMs: number): string[] =>
    quotas.map((quota) => {
      moveTo(quota, nowMs);
      return quota.keyPrefix + identifier;
    });
  return {
    read: (quotas, identifier) =>
      keysOf(quotas, identifier, Date.now()).map((key) => Number(store.get(key) ?? 0)),

    count(quotas, identifier, increments) {
      const nowMs = Date.now();
      const keys = keysOf(quotas, identifier, nowMs);
      let fits = true;
      // Added before it is compared: workers see each other's counts.
      const used = quotas.map((quota, at) => {
        const [key = "", by = 0] = [keys[at], increments[at]];
        if (by === 0) return Number(store.get(key) ?? 0);
        const before = store.increment(key, by, lifetimeMs(quota, nowMs)) - by;
        if (before >= quota.limit) fits = false;
        return before;
      });
      if (fits) return { fits, used };
      for (const [at, quota] of quotas.entries()) {
        const by = increments[at] ?? 0;
        if (by > 0) store.increment(keys[at] ?? "", -by, lifetimeMs(quota, nowMs));
      }
      return { fits, used };
    },
  };
}

/** KEYS: each counter. ARGV: of each its increment, limit and lifetime in ms. Gives 1 or 0, and what was used of each. */
const COUNT = `
local fits, reply = 1, {}
for i = 1, #KEYS do
  local used, by = tonumber(redis.call('GET', KEYS[i]) or '0'), tonumber(ARGV[3 * i - 2])
  reply[i + 1] = used
  if by > 0 and used >= tonumber(ARGV[3 * i - 1]) then fits = 0 end
end
for i = 1, #KEYS do
  local by = tonumber(ARGV[3 * i - 2])
  if fits == 1 and by > 0 and redis.call('INCRBY', KEYS[i], ARGV[3 * i - 2]) == by then
    redis.call('PEXPIRE', KEYS[i], ARGV[3 * i])
  end
end
reply[1] = fits
return reply`;

export function redisCounters(redis: Redis): Counters {
  const run = redis.script(COUNT);
  const keysOf = (quotas: readonly Quota[], identifier: string, nowMs: number): string[] =>
    quotas.map((quota) => {
      moveTo(quota, nowMs);
      // What stands in braces is what a cluster chooses the node by: all keys of a request are on one.
      return `sluice:response-ratelimiting:{${identifier}}:${quota.keyPrefix}`;
    });
  return {
    async read(quotas, identifier) {
      return numbersOf(await redis.call("MGET", ...keysOf(quotas, identifier, Date.now())));
    },

    async count(quotas, identifier, increments) {
      const nowMs = Date.now();
      const keys = keysOf(quotas, identifier, nowMs);
      const args = quotas.flatMap((quota, at) => [
        increments[at] ?? 0,
        quota.limit,
        Math.ceil(lifetimeMs(quota, nowMs)),
      ]);
      const [fits, ...used] = numbersOf(await run(keys, args));
      return { fits: fits === 1, used };
    },
  };
}

function numbersOf(reply: RedisReply): number[] {
  if (!Array.isArray(reply)) throw new TypeError("Redis gave no list");
  return reply.map(Number);
}
