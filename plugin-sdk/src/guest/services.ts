// What a plugin has apart from its request: the store and the log. One of each for all calls.
import { LogLevel } from "../abi.ts";
import type { Log, Store } from "../context.ts";
import { check, textOf } from "./faults.ts";
import { log as writeLog, storeDelete, storeGet, storeIncrement, storeSet } from "./native.ts";

/** For `ttlMs`: the value stays until it is evicted. */
const FOR_EVER = 0;

export const store: Store = {
  get: (key) => textOf(storeGet(key), `key "${key}"`),

  set(key, value, ttlMs = FOR_EVER) {
    if (!(ttlMs >= 0 && ttlMs < Infinity)) throw badTtl(ttlMs);
    check(storeSet(key, value, ttlMs), `key "${key}"`);
  },

  delete(key) {
    check(storeDelete(key), `key "${key}"`);
  },

  increment(key, delta, ttlMs = FOR_EVER) {
    if (typeof delta !== "number") throw new TypeError("delta must be a number");
    if (!(ttlMs >= 0 && ttlMs < Infinity)) throw badTtl(ttlMs);
    const value = storeIncrement(key, delta, ttlMs);
    if (value === undefined) throw new TypeError(`The key "${key}" holds no number`);
    return value;
  },
};

function badTtl(ttlMs: number): RangeError {
  return new RangeError(`ttlMs must be 0 or more, not ${ttlMs}`);
}

export const log: Log = {
  debug: (message) => writeLog(LogLevel.debug, message),
  info: (message) => writeLog(LogLevel.info, message),
  warn: (message) => writeLog(LogLevel.warn, message),
  error: (message) => writeLog(LogLevel.error, message),
};
