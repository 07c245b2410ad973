// Who is on the way. A permit is a lease: what is never given back, because a worker or gateway ended with it, runs out.
import type { Redis, Store } from "@sluice/plugin-sdk";

/** What a request holds; JSON. */
export interface Permit {
  readonly key: string;
  /** Of the store: until when its counter is there, ms since 1970. Of a Redis: 0. */
  readonly untilMs: number;
  /** Of a Redis: who holds it. */
  readonly holder: string;
}

export interface Taken {
  /** Undefined when there is no room. */
  readonly permit: Permit | undefined;
  /** How many are on the way, this one included. */
  readonly count: number;
}

/** The store is the one of the handler that asks. */
export interface Permits {
  take(store: Store, identifier: string, holder: string, max: number): Taken | Promise<Taken>;
  giveBack(store: Store, permit: Permit): void | Promise<void>;
}

/**
 * In the gateway's own store, which its workers share. There is a counter for each time as long as a lease, and the
 * current and the last one count: a permit counts for one to two leases.
 */
export function localPermits(entryId: string, leaseMs: number): Permits {
  return {
    take(store, identifier, holder, max) {
      const nowMs = Date.now();
      const turn = Math.floor(nowMs / leaseMs);
      const key = `${entryId}:${turn}:${identifier}`;
      const untilMs = (turn + 2) * leaseMs;
      const before = Number(store.get(`${entryId}:${turn - 1}:${identifier}`) ?? 0);
      // Added before it is compared: workers see each other's permits.
      const count = before + store.increment(key, 1, untilMs - nowMs);
      if (count <= max) return { permit: { key, untilMs, holder }, count };
      store.increment(key, -1, untilMs - nowMs);
      return { permit: undefined, count };
    },

    giveBack(store, { key, untilMs }) {
      const leftMs = untilMs - Date.now();
      // The counter is gone already, or was pushed out of the store: it must not begin anew below nothing.
      if (leftMs <= 0 || store.get(key) === undefined) return;
      if (store.increment(key, -1, leftMs) < 0) store.increment(key, 1, leftMs);
    },
  };
}

/** KEYS: the holders. ARGV: this one, the lease in ms, the most. Gives how many there are with it, or 0 for no room. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local count = redis.call('ZCARD', KEYS[1])
if count >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return count + 1`;

export function redisPermits(redis: Redis, entryId: string, leaseMs: number): Permits {
  const run = redis.script(TAKE);
  return {
    async take(_store, identifier, holder, max) {
      const key = `sluice:concurrency-limiting:{${identifier}}:${entryId}`;
      const count = Number(await run([key], [holder, leaseMs, max]));
      if (count === 0) return { permit: undefined, count: max + 1 };
      return { permit: { key, untilMs: 0, holder }, count };
    },

    async giveBack(_store, { key, holder }) {
      await redis.call("ZREM", key, holder);
    },
  };
}
