// Host functions that use a Redis: the entry opens it when it is configured, and its commands resume the guest.
import { Fault, MAX_BODY_BYTES, MAX_HOST_STRING_BYTES } from "@sluice/plugin-sdk/abi";
import { detailOf } from "../../errors.ts";
import type { FetchRules } from "../../outbound/destination.ts";
import { RedisFailed } from "../../redis/redis-failed.ts";
import type { RedisFailure } from "../../redis/redis-failed.ts";
import { readRedisOptions } from "../../redis/redis-options.ts";
import type { RedisOptions } from "../../redis/redis-options.ts";
import { guestReply } from "../../redis/redis-reply.ts";
import type { RedisArgument } from "../../redis/redis-connection.ts";
import type { RedisUse } from "../../redis/redis-clients.ts";
import { fetchRules } from "../fetch-rules.ts";
import type { FetchFunctionOptions } from "./fetch-functions.ts";
import type { HostServices } from "./host-services.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

type RedisFunctionOptions = Pick<
  FetchFunctionOptions,
  "plugin" | "memory" | "call" | "pending" | "entries"
> & { readonly services: Pick<HostServices, "redis"> };

const FAULTS: Readonly<Record<RedisFailure, number>> = {
  unavailable: Fault.unavailable,
  refused: Fault.badValue,
  limit: Fault.limit,
  denied: Fault.denied,
};

const NO_REQUEST = 0;
/** Of one entry: its config has few. */
const MAX_OPEN = 16;
/** What a reply is: part 0 as JSON, or part 1. */
const JSON_REPLY = 0;
const BYTES_REPLY = 1;

export function redisFunctions({
  plugin,
  memory,
  call,
  pending,
  entries,
  services,
}: RedisFunctionOptions): HostFunctions<"redis_open" | "redis_call"> {
  /** By id, from 1 on. */
  const opened: { readonly entry: number; readonly use: RedisUse }[] = [];
  return {
    redis_open: (_, options, length) => {
      if (!call.isConfiguring) return Fault.wrongPhase;
      const { entry } = call;
      const given = readRedisOptions(memory.readUtf8(options, length));
      if (given === undefined) return Fault.badValue;
      const rules = fetchRules(plugin, entries[entry]?.grants);
      const urlHost = given.host.includes(":") ? `[${given.host}]` : given.host;
      if (!rules.hosts.allows(urlHost, given.port, given.port)) return Fault.denied;
      if (opened.filter((each) => each.entry === entry).length >= MAX_OPEN) return Fault.limit;
      const use = services.redis.open(given, mayBePrivate(given, urlHost, rules));
      return opened.push({ entry, use });
    },

    redis_call: (_, request, redis, parts, length, data, dataLength) => {
      // An instance that only stands by, or is only checked, asks nobody.
      if (call.isConfiguring) return Fault.wrongPhase;
      const asking = request === NO_REQUEST ? undefined : call.of(request);
      if (request !== NO_REQUEST && asking?.exchange === undefined) return Fault.badHandle;
      const entry = asking?.entry ?? call.entry;
      const known = opened[redis - 1];
      if (known === undefined || known.entry !== entry) return Fault.badHandle;
      if (length > MAX_HOST_STRING_BYTES || dataLength > MAX_BODY_BYTES) return Fault.limit;
      const bytes =
        dataLength < 0 ? undefined : Buffer.from(memory.bytes(data, dataLength, MAX_BODY_BYTES));
      const command = readCommand(memory.readUtf8(parts, length), bytes);
      if (command === undefined) return Fault.badValue;
      const id = pending.start({ request, entry });
      if (id < 0) return id;
      void known
        .use(command)
        .then(guestReply)
        .then(
          (reply) =>
            reply.kind === "json"
              ? pending.finish(id, JSON_REPLY, { head: reply.text })
              : pending.finish(id, BYTES_REPLY, { body: reply.bytes }),
          (error: unknown) => {
            const reason = error instanceof RedisFailed ? error.reason : "unavailable";
            const head = JSON.stringify({ reason, message: detailOf(error) });
            pending.finish(id, FAULTS[reason], { head });
          },
        );
      return id;
    },
  };
}

/** Whether the name may stand for an address of the operator's own network. */
function mayBePrivate(
  { port }: RedisOptions,
  urlHost: string,
  { privateAddresses, privateHosts }: FetchRules,
): boolean {
  return privateAddresses || privateHosts?.allows(urlHost, port, port) === true;
}

/** JSON: a list of texts, in which null stands for the bytes. */
function readCommand(json: string, bytes: Buffer | undefined): RedisArgument[] | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length === 0) return undefined;
  const command: RedisArgument[] = [];
  for (const part of parts as readonly unknown[]) {
    const argument = part === null ? bytes : part;
    if (typeof argument !== "string" && !Buffer.isBuffer(argument)) return undefined;
    command.push(argument);
  }
  return command;
}
