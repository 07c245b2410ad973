// Host functions on the store, and on the data of one request that its plugins share.
import { Fault } from "../../abi.ts";
import { isGranted } from "../grants.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const MAX_STORED_BYTES = 65_536;
const MAX_SHARED_BYTES = 65_536;

export function storeFunctions({
  host,
  memory,
}: GuestContext): HostFunctions<
  "store_get" | "store_set" | "store_delete" | "store_increment" | "store_compare_and_set"
> {
  const { store } = host;
  /** A Fault for a namespace that was not granted; its keys start with a NUL, its name and a NUL. */
  const keyAt = (pointer: number, length: number): string | number => {
    const key = memory.readUtf8(pointer, length);
    if (!key.startsWith("\0")) return key;
    const [, namespace = "", ...rest] = key.split("\0");
    if (rest.length === 0) return Fault.badValue;
    // Without a name they are the plugin's own.
    if (namespace === "") return rest.join("\0");
    return isGranted(host.grants.store, namespace) ? key : Fault.denied;
  };
  /** 0 means that the value stays. */
  const kept = (ttlMs: number): number | undefined => (ttlMs === 0 ? undefined : ttlMs);
  return {
    store_get: (pointer, length, buffer, limit) => {
      const key = keyAt(pointer, length);
      return typeof key === "number" ? key : memory.writeUtf8(store.get(key), buffer, limit);
    },

    store_set: (pointer, length, value, valueLength, ttlMs) => {
      const key = keyAt(pointer, length);
      if (typeof key === "number") return key;
      if (valueLength > MAX_STORED_BYTES) return Fault.limit;
      if (!(ttlMs >= 0)) return Fault.badValue;
      store.set(key, memory.readUtf8(value, valueLength), kept(ttlMs));
      return 0;
    },

    store_delete: (pointer, length) => {
      const key = keyAt(pointer, length);
      if (typeof key === "number") return key;
      store.delete(key);
      return 0;
    },

    store_increment: (pointer, length, delta, ttlMs) => {
      const key = keyAt(pointer, length);
      if (typeof key === "number" || !(ttlMs >= 0)) return Number.NaN;
      try {
        return store.increment(key, delta, kept(ttlMs));
      } catch {
        return Number.NaN;
      }
    },

    store_compare_and_set: (pointer, length, old, oldLength, value, valueLength, ttlMs) => {
      const key = keyAt(pointer, length);
      if (typeof key === "number") return key;
      if (valueLength > MAX_STORED_BYTES) return Fault.limit;
      if (!(ttlMs >= 0)) return Fault.badValue;
      const expected = oldLength < 0 ? undefined : memory.readUtf8(old, oldLength);
      if (store.get(key) !== expected) return 0;
      store.set(key, memory.readUtf8(value, valueLength), kept(ttlMs));
      return 1;
    },
  };
}

export function sharedFunctions({
  memory,
  calls,
}: GuestContext): HostFunctions<"shared_get" | "shared_set"> {
  return {
    shared_get: (request, key, keyLength, buffer, limit) => {
      const shared = calls.exchangeOf(request)?.shared;
      if (shared === undefined) return Fault.badHandle;
      return memory.writeUtf8(shared.get(memory.readUtf8(key, keyLength)), buffer, limit);
    },

    shared_set: (request, key, keyLength, value, valueLength) => {
      const shared = calls.exchangeOf(request)?.shared;
      if (shared === undefined) return Fault.badHandle;
      const name = memory.readUtf8(key, keyLength);
      const others = new Map([...shared].filter(([other]) => other !== name));
      if (valueLength >= 0) others.set(name, memory.readUtf8(value, valueLength));
      const text = [...others].flat().join("");
      if (Buffer.byteLength(text) > MAX_SHARED_BYTES) return Fault.limit;
      shared.delete(name);
      if (valueLength >= 0) shared.set(name, others.get(name) ?? "");
      return 0;
    },
  };
}
