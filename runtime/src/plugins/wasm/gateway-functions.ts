// Host functions on what outlives a request: consumers, config, store, log, files, clock and random.
import { createHash } from "node:crypto";
import { Fault } from "@sluice/plugin-sdk/abi";
import { authenticate } from "../../consumers.ts";
import { fillRandom } from "../../random.ts";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_KEY_BYTES = 256;
const MAX_STORED_BYTES = 65_536;
const MAX_LOG_BYTES = 8192;
const MAX_RANDOM_BYTES = 65_536;

export interface GatewayFunctionOptions {
  readonly plugin: string;
  readonly memory: GuestMemory;
  readonly call: GuestCall;
  readonly entries: readonly GuestEntry[];
  readonly services: HostServices;
}

export function consumerFunctions({
  memory,
  call,
}: GatewayFunctionOptions): HostFunctions<"credential_find" | "consumer_find" | "authenticate"> {
  return {
    credential_find: (_, request, collection, collectionLength, key, keyLength) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      const handle = consumers.findCredential(
        memory.readUtf8(collection, collectionLength),
        memory.readUtf8(key, keyLength),
      );
      return handle ?? Fault.absent;
    },

    consumer_find: (_, request, name, nameLength) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      return consumers.find(memory.readUtf8(name, nameLength)) ?? Fault.absent;
    },

    authenticate: (_, request, consumer, credential) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (call.phase !== "access") return Fault.wrongPhase;
      return authenticate(exchange, consumer, credential) ? 0 : Fault.badHandle;
    },
  };
}

export function recordFunctions({
  memory,
  call,
  entries,
  services,
}: GatewayFunctionOptions): HostFunctions<
  "record_get" | "record_append" | "file_append" | "config_get"
> {
  // Only what the operator wrote into this entry's config: a plugin cannot choose files by itself.
  const mayWrite = (file: string): boolean => entries[call.entry]?.strings.has(file) === true;
  return {
    record_get: (_, request, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (call.phase !== "log") return Fault.wrongPhase;
      return memory.writeUtf8(services.record(exchange), buffer, limit);
    },

    record_append: (_, request, path, pathLength, reopen) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (call.phase !== "log") return Fault.wrongPhase;
      const file = memory.readUtf8(path, pathLength);
      if (!mayWrite(file)) return Fault.denied;
      services.appendToFile(file, `${services.record(exchange)}\n`, reopen === 1);
      return 0;
    },

    file_append: (_, path, pathLength, data, dataLength, reopen) => {
      const file = memory.readUtf8(path, pathLength);
      if (!mayWrite(file)) return Fault.denied;
      services.appendToFile(file, memory.readUtf8(data, dataLength), reopen === 1);
      return 0;
    },

    config_get: (_, config, buffer, limit) => {
      const entry = entries[config];
      return entry === undefined ? Fault.badHandle : memory.writeUtf8(entry.json, buffer, limit);
    },
  };
}

export function storeFunctions({
  plugin,
  memory,
  services,
}: GatewayFunctionOptions): HostFunctions<
  "store_get" | "store_set" | "store_delete" | "store_increment"
> {
  const prefix = `${plugin}\0`;
  const keyAt = (pointer: number, length: number): string => {
    const key = memory.readUtf8(pointer, length);
    // Keys may be what a client sent. Refusing a long one would let it slip past a limit; its digest counts as well.
    const isLong = length > MAX_KEY_BYTES;
    return prefix + (isLong ? createHash("sha256").update(key).digest("base64") : key);
  };
  const { store } = services;
  return {
    store_get: (_, key, keyLength, buffer, limit) => {
      const value = store.get(keyAt(key, keyLength));
      return value === undefined ? Fault.absent : memory.writeUtf8(value, buffer, limit);
    },

    store_set: (_, key, keyLength, value, valueLength, ttlMs) => {
      if (valueLength > MAX_STORED_BYTES) return Fault.limit;
      if (!(ttlMs >= 0)) return Fault.badValue;
      store.set(keyAt(key, keyLength), memory.readUtf8(value, valueLength), ttlMs);
      return 0;
    },

    store_delete: (_, key, keyLength) => {
      store.delete(keyAt(key, keyLength));
      return 0;
    },

    store_increment: (_, key, keyLength, delta, ttlMs) => {
      if (!(ttlMs >= 0)) return Number.NaN;
      return store.increment(keyAt(key, keyLength), delta, ttlMs);
    },
  };
}

export function processFunctions({
  plugin,
  memory,
  call,
  services,
}: GatewayFunctionOptions): HostFunctions<
  "log" | "now_ms" | "random_bytes" | "random_number" | "deadline_reached" | "fail"
> {
  return {
    log: (_, level, message, messageLength) => {
      const text = memory.readUtf8(message, Math.min(messageLength, MAX_LOG_BYTES));
      services.log.write(plugin, level, text);
      return 0;
    },
    now_ms: () => Date.now(),
    random_bytes: (_, buffer, length) => {
      if (length < 0 || length > MAX_RANDOM_BYTES) return Fault.limit;
      fillRandom(memory.bytes(buffer, length));
      return 0;
    },
    random_number: () => Math.random(),
    deadline_reached: () => call.checkDeadline(),
    fail: (_, message, messageLength) => {
      call.failure = memory.readUtf8(message, Math.min(messageLength, MAX_LOG_BYTES));
      return 0;
    },
  };
}
