// Counters in a Redis that several gateways share: one script for each request, so that nothing comes in between.
import type { Redis, RedisReply } from "@sluice/plugin-sdk";

import { lifetimeMs, moveTo, previousShare, slidingLifetimeMs } from "../parts/calendar-windows.ts";
import { noteBacklog } from "./buckets.ts";
import type { Window } from "./windows.ts";

/** Says whether the request fits, and leaves in each window what the client is told. Rejected with a RedisError. */
export type TakeLater = (
  windows: readonly Window[],
  identifier: string,
  cost: number,
) => Promise<boolean>;

/**
 * KEYS: the counter of each window, then of each window before it. ARGV: the cost; of each window its limit, its
 * lifetime in ms, and the share of the window before. Gives 1 or 0, and what of each is used, as text.
 */
const WINDOWS = `
local cost, count = tonumber(ARGV[1]), #KEYS / 2
local own, before, fits = {}, {}, 1
for i = 1, count do
  local limit, share = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i + 1])
  own[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
  before[i] = share > 0 and share * tonumber(redis.call('GET', KEYS[count + i]) or '0') or 0
  if own[i] + before[i] + cost > limit then fits = 0 end
end
local reply = { fits }
for i = 1, count do
  if fits == 1 then
    own[i] = redis.call('INCRBY', KEYS[i], ARGV[1])
    if own[i] == cost then redis.call('PEXPIRE', KEYS[i], ARGV[3 * i]) end
  end
  reply[i + 1] = string.format('%.3f', own[i] + before[i])
end
return reply`;

/**
 * KEYS: each bucket. ARGV: the cost; of each bucket its interval and capacity in ms. Time is that of the Redis, which
 * all gateways have in common. Gives 1 or 0, and what was in each bucket in ms, as text.
 */
const BUCKETS = `
local time = redis.call('TIME')
local now, cost, fits = time[1] * 1000 + time[2] / 1000, tonumber(ARGV[1]), 1
local backlogs = {}
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local backlog = tonumber(redis.call('GET', KEYS[i]) or '0') - now
  if backlog > capacity + 1000 then backlog = 0 end
  backlogs[i] = math.min(math.max(backlog, 0), capacity)
  if backlogs[i] + cost * interval > capacity + interval * 0.05 then fits = 0 end
end
local reply = { fits }
for i = 1, #KEYS do
  if fits == 1 then
    local full = backlogs[i] + cost * tonumber(ARGV[2 * i])
    redis.call('SET', KEYS[i], string.format('%.4f', now + full), 'PX', math.ceil(full))
  end
  reply[i + 1] = string.format('%.4f', backlogs[i])
end
return reply`;

/** Throws what openRedis throws. */
export function takeFromRedis(redis: Redis, kind: "fixed" | "sliding" | "bucket"): TakeLater {
  if (kind === "bucket") return bucketsOf(redis);
  const isSliding = kind === "sliding";
  const run = redis.script(WINDOWS);
  return async (windows, identifier, cost) => {
    const nowMs = Date.now();
    const keys: string[] = [];
    const previous: string[] = [];
    const args = [cost];
    for (const window of windows) {
      moveTo(window, nowMs);
      keys.push(keyOf(window.keyPrefix, identifier));
      previous.push(keyOf(window.previousPrefix, identifier));
      const lifetime = isSliding ? slidingLifetimeMs(window, nowMs) : lifetimeMs(window, nowMs);
      const share = isSliding ? previousShare(window, nowMs) : 0;
      args.push(window.limit, Math.ceil(lifetime), share);
    }
    const [fits, ...used] = numbersOf(await run([...keys, ...previous], args));
    const afterMs = Date.now();
    for (const [at, window] of windows.entries()) {
      // Other requests came in between.
      moveTo(window, afterMs);
      window.remaining = Math.max(0, Math.floor(window.limit - (used[at] ?? 0)));
    }
    return fits === 1;
  };
}

function bucketsOf(redis: Redis): TakeLater {
  const run = redis.script(BUCKETS);
  return async (windows, identifier, cost) => {
    const keys = windows.map(({ owner, period }) =>
      keyOf(`${owner}:${period}:bucket:`, identifier),
    );
    const args = windows.flatMap(({ bucket }) => [bucket.intervalMs, bucket.capacityMs]);
    const [verdict, ...backlogs] = numbersOf(await run(keys, [cost, ...args]));
    const fits = verdict === 1;
    const nowMs = Date.now();
    for (const [at, window] of windows.entries()) {
      noteBacklog(window, { nowMs, cost, fits, backlogMs: backlogs[at] ?? 0 });
    }
    return fits;
  };
}

/** What stands in braces is what a cluster chooses the node by: all keys of a request are on one. */
function keyOf(prefix: string, identifier: string): string {
  return `sluice:rate-limiting:{${identifier}}:${prefix}`;
}

function numbersOf(reply: RedisReply): number[] {
  if (!Array.isArray(reply)) throw new TypeError("The script gave no list");
  return reply.map(Number);
}
