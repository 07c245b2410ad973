// Host functions on the store: a plugin's own keys, and those of namespaces that it was granted.
import { Fault } from "@sluice/plugin-sdk/abi";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import { shortened } from "./store-key.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_STORED_BYTES = 65_536;

export function storeFunctions({
  plugin,
  memory,
  call,
  entries,
  services,
}: GatewayFunctionOptions): HostFunctions<
  "store_get" | "store_set" | "store_delete" | "store_increment" | "store_compare_and_set"
> {
  const { store } = services;
  const isGranted = (namespace: string): boolean =>
    entries[call.entry]?.grants.store.includes(namespace) === true;
  /** Of the whole store; a Fault when the key is in a namespace that is not the plugin's to use. */
  const keyAt = (pointer: number, length: number): string | number => {
    const key = memory.readUtf8(pointer, length);
    if (key.charCodeAt(0) !== 0) return `${plugin}\0${shortened(key, length)}`;
    const end = key.indexOf("\0", 1);
    if (end < 0) return Fault.badValue;
    const namespace = key.slice(1, end);
    const rest = shortened(key.slice(end + 1), length - Buffer.byteLength(namespace) - 2);
    if (namespace === "") return `${plugin}\0${rest}`;
    // No plugin has an empty name.
    return isGranted(namespace) ? `\0${namespace}\0${rest}` : Fault.denied;
  };
  const isTime = (ttlMs: number): boolean => ttlMs >= 0;

  return {
    store_get: (_, key, keyLength, buffer, limit) => {
      const name = keyAt(key, keyLength);
      if (typeof name === "number") return name;
      const value = store.get(name);
      return value === undefined ? Fault.absent : memory.writeUtf8(value, buffer, limit);
    },

    store_set: (_, key, keyLength, value, valueLength, ttlMs) => {
      if (valueLength > MAX_STORED_BYTES) return Fault.limit;
      if (!isTime(ttlMs)) return Fault.badValue;
      const name = keyAt(key, keyLength);
      if (typeof name === "number") return name;
      store.set(name, memory.readUtf8(value, valueLength), ttlMs);
      return 0;
    },

    store_delete: (_, key, keyLength) => {
      const name = keyAt(key, keyLength);
      if (typeof name === "number") return name;
      store.delete(name);
      return 0;
    },

    store_increment: (_, key, keyLength, delta, ttlMs) => {
      const name = keyAt(key, keyLength);
      if (typeof name === "number" || !isTime(ttlMs)) return Number.NaN;
      return store.increment(name, delta, ttlMs);
    },

    store_compare_and_set: (_, key, keyLength, expected, expectedLength, value, length, ttlMs) => {
      if (length > MAX_STORED_BYTES) return Fault.limit;
      if (!isTime(ttlMs)) return Fault.badValue;
      const name = keyAt(key, keyLength);
      if (typeof name === "number") return name;
      const wanted = expectedLength < 0 ? undefined : memory.readUtf8(expected, expectedLength);
      const isSet = store.compareAndSet(name, wanted, memory.readUtf8(value, length), ttlMs);
      return isSet ? 1 : 0;
    },
  };
}
