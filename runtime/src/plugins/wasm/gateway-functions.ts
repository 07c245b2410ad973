// Host functions on what outlives a request: consumers, config, files, clock and random.
import { Fault, Property } from "@sluice/plugin-sdk/abi";
import type { MetricDefinition } from "@sluice/plugin-sdk/abi";
import type { StackTraces } from "@sluice/plugin-sdk/stack-traces";
import { authenticate, authenticateBy, consumerText, credentialText } from "../../consumers.ts";
import type { ConsumerField } from "../../consumers.ts";
import type { Exchange } from "../../exchange.ts";
import { fillRandom } from "../../random.ts";
import { EVERYTHING } from "./decisions/recording.ts";
import type { Look } from "./decisions/recording.ts";
import type { GuestCall } from "./guest-call.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_REASON_BYTES = 8192;
const MAX_RANDOM_BYTES = 65_536;
/** Of the id of a credential that the config does not have. */
const MAX_IDENTIFIER_BYTES = 256;

/** What `consumer_find_by` takes, by the ABI's numbers. */
const CONSUMER_FIELDS: Readonly<Record<number, ConsumerField>> = {
  [Property.consumerId]: "id",
  [Property.consumerUsername]: "username",
  [Property.consumerCustomId]: "custom_id",
};

const CONSUMER_LOOK: Look = {
  name: "consumer",
  of: "consumer",
  read: ({ consumer }) => consumer,
};

export interface GatewayFunctionOptions {
  readonly plugin: string;
  /** Puts the author's lines into stacks. */
  readonly traces: StackTraces;
  readonly memory: GuestMemory;
  readonly call: GuestCall;
  readonly entries: readonly GuestEntry[];
  /** What its manifest says of the metrics that it records. */
  readonly metrics: readonly MetricDefinition[];
  readonly services: HostServices;
}

export function consumerFunctions({
  memory,
  call,
  entries,
}: GatewayFunctionOptions): HostFunctions<
  | "credential_find"
  | "credential_get"
  | "consumer_find"
  | "consumer_find_by"
  | "consumer_get"
  | "authenticate"
  | "authenticate_by"
> {
  const isGranted = (request: number): boolean =>
    entries[call.of(request)?.entry ?? -1]?.grants.consumers === true;
  return {
    credential_find: (_, request, collection, collectionLength, key, keyLength) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      const handle = consumers.findCredential(
        memory.readUtf8(collection, collectionLength),
        memory.readUtf8(key, keyLength),
      );
      return handle ?? Fault.absent;
    },

    credential_get: (_, request, credential, buffer, limit) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      const found = credential < 0 ? undefined : consumers.identity(-1, credential);
      if (found === undefined) return Fault.badHandle;
      return memory.writeUtf8(credentialText(found), buffer, limit);
    },

    consumer_find: (_, request, name, nameLength) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      return consumers.find(memory.readUtf8(name, nameLength)) ?? Fault.absent;
    },

    consumer_find_by: (_, request, field, value, valueLength) => {
      const consumers = call.exchangeOf(request)?.snapshot?.consumers;
      if (consumers === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      const name = CONSUMER_FIELDS[field];
      if (name === undefined) return Fault.badValue;
      return consumers.findBy(name, memory.readUtf8(value, valueLength)) ?? Fault.absent;
    },

    consumer_get: (_, request, consumer, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      // Whose request it is, its plugins may know.
      if (consumer < 0) {
        const { consumer: current } = exchange;
        call.recordingOf(request)?.saw(CONSUMER_LOOK, current);
        if (current === undefined) return Fault.absent;
        return memory.writeUtf8(consumerText(current), buffer, limit);
      }
      if (!isGranted(request)) return Fault.denied;
      const found = exchange.snapshot?.consumers.identity(consumer, -1)?.consumer;
      if (found === undefined) return Fault.badHandle;
      return memory.writeUtf8(consumerText(found), buffer, limit);
    },

    authenticate_by: (_, request, consumer, id, idLength) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      if (call.phaseOf(request) !== "access") return Fault.wrongPhase;
      if (idLength === 0) return Fault.badValue;
      if (idLength < 0 || idLength > MAX_IDENTIFIER_BYTES) return Fault.limit;
      const handle = consumer < 0 ? undefined : consumer;
      const name = memory.readUtf8(id, idLength);
      if (!authenticateBy(exchange, handle, name)) return Fault.badHandle;
      call
        .recordingOf(request)
        ?.did((like) => void authenticateBy(like, handle, name), name, EVERYTHING);
      return 0;
    },

    authenticate: (_, request, consumer, credential) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (!isGranted(request)) return Fault.denied;
      if (call.phaseOf(request) !== "access") return Fault.wrongPhase;
      if (!authenticate(exchange, consumer, credential)) return Fault.badHandle;
      call
        .recordingOf(request)
        ?.did((like) => void authenticate(like, consumer, credential), "", EVERYTHING);
      return 0;
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
  const mayWrite = (file: string, entry: number = call.entry): boolean =>
    entries[entry]?.strings.has(file) === true;
  const appendRecord = (exchange: Exchange, file: string, reopen: number): void =>
    services.appendToFile(file, `${services.record(exchange)}\n`, reopen === 1);
  return {
    record_get: (_, request, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (call.phaseOf(request) !== "log") return Fault.wrongPhase;
      return memory.writeUtf8(services.record(exchange), buffer, limit);
    },

    record_append: (_, request, path, pathLength, reopen) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (call.phaseOf(request) !== "log") return Fault.wrongPhase;
      const file = memory.readUtf8(path, pathLength);
      if (!mayWrite(file, call.of(request)?.entry)) return Fault.denied;
      appendRecord(exchange, file, reopen);
      call.recordingOf(request)?.did((like) => appendRecord(like, file, reopen), "");
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

export function processFunctions({
  traces,
  memory,
  call,
}: GatewayFunctionOptions): HostFunctions<
  "now_ms" | "random_bytes" | "random_number" | "deadline_reached" | "fail"
> {
  return {
    now_ms: () => Date.now(),
    random_bytes: (_, buffer, length) => {
      if (length < 0 || length > MAX_RANDOM_BYTES) return Fault.limit;
      fillRandom(memory.bytes(buffer, length));
      return 0;
    },
    random_number: () => Math.random(),
    deadline_reached: () => (call.checkDeadline() ? 1 : 0),
    fail: (_, message, messageLength) => {
      const text = memory.readUtf8(message, Math.min(messageLength, MAX_REASON_BYTES));
      call.failure = traces.resolve(text);
      return 0;
    },
  };
}
