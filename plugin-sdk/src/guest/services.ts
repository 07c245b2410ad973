// What a plugin has apart from its request: the store and the log. One of each for all calls.
import { LogLevel } from "../abi.ts";
import type { KeyValues, Log, LogFields, Store } from "../context.ts";
import { check, textOf } from "./faults.ts";
import {
  log as writeLog,
  logFields,
  storeCompareAndSet,
  storeDelete,
  storeGet,
  storeIncrement,
  storeSet,
} from "./native.ts";

/** For `ttlMs`: the value stays until it is evicted. */
const FOR_EVER = 0;

const NAMESPACE = /^[\w.-]+$/;

/** `hostKey` makes the host's name of a key. */
function keyValues(hostKey: (key: string) => string): KeyValues {
  return {
    get: (key) => {
      const value = storeGet(hostKey(key));
      return typeof value === "number" ? textOf(value, label(key)) : value;
    },

    set(key, value, ttlMs = FOR_EVER) {
      if (!(ttlMs >= 0 && ttlMs < Infinity)) throw badTtl(ttlMs);
      check(storeSet(hostKey(key), value, ttlMs), label(key));
    },

    delete(key) {
      check(storeDelete(hostKey(key)), label(key));
    },

    increment(key, delta, ttlMs = FOR_EVER) {
      if (typeof delta !== "number") throw new TypeError("delta must be a number");
      if (!(ttlMs >= 0 && ttlMs < Infinity)) throw badTtl(ttlMs);
      const name = hostKey(key);
      const value = storeIncrement(name, delta, ttlMs);
      if (value !== undefined) return value;
      // Which of the reasons it was, reading tells.
      textOf(storeGet(name), label(key));
      throw new TypeError(`The key "${key}" holds no number`);
    },

    compareAndSet(key, expected, value, ttlMs = FOR_EVER) {
      if (!(ttlMs >= 0 && ttlMs < Infinity)) throw badTtl(ttlMs);
      return check(storeCompareAndSet(hostKey(key), expected, value, ttlMs), label(key)) === 1;
    },
  };
}

export const store: Store = {
  // A NUL at the start is the host's mark of a namespace, and keys may be what a client sent. The nameless one is the
  // plugin's own. Comparing is cheaper than looking at a character.
  ...keyValues((key) => (key < "\u0001" ? `\0\0${key}` : key)),

  namespace(name) {
    if (!NAMESPACE.test(name)) {
      throw new TypeError(`A namespace is of letters, digits, _, . and -, not "${name}"`);
    }
    return keyValues((key) => `\0${name}\0${key}`);
  },
};

function label(key: string): string {
  return `key "${key}"`;
}

function badTtl(ttlMs: number): RangeError {
  return new RangeError(`ttlMs must be 0 or more, not ${ttlMs}`);
}

export const log: Log = {
  debug: (message, fields) => write(LogLevel.debug, message, fields),
  info: (message, fields) => write(LogLevel.info, message, fields),
  warn: (message, fields) => write(LogLevel.warn, message, fields),
  error: (message, fields) => write(LogLevel.error, message, fields),
};

function write(level: number, message: string, fields: LogFields | undefined): void {
  if (fields === undefined) writeLog(level, message);
  else logFields(level, message, jsonOf(fields));
}

/** What cannot be written must not stop what was to be logged. */
function jsonOf(fields: LogFields): string {
  try {
    return JSON.stringify(fields);
  } catch (error) {
    return JSON.stringify({ fields_error: String(error) });
  }
}
