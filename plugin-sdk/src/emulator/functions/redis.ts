// Host functions that use a Redis: the test answers its commands.
import { Fault } from "../../abi.ts";
import { RedisError } from "../../redis-error.ts";
import type { RedisErrorReason } from "../../redis-error.ts";
import type { RedisFields } from "../../redis.ts";
import { isGranted } from "../grants.ts";
import type { HostState } from "../host-state.ts";
import type { CallResult } from "../pending-calls.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const JSON_REPLY = 0;
const BYTES_REPLY = 1;

export function redisFunctions({
  host,
  memory,
  calls,
  pending,
}: GuestContext): HostFunctions<"redis_open" | "redis_call"> {
  let opened = 0;
  return {
    redis_open: (options, length) => {
      if (calls.phase !== "configure") return Fault.wrongPhase;
      const server = serverOf(memory.readUtf8(options, length));
      if (server === undefined) return Fault.badValue;
      // What the config of a bundled plugin names is granted there; here the test says what a Redis answers.
      const isAllowed = host.options.redis !== undefined || isGranted(host.grants.fetch, server);
      return isAllowed ? ++opened : Fault.denied;
    },

    redis_call: (request, redis, command, length, data, dataLength) => {
      if (calls.phase === "configure") return Fault.wrongPhase;
      if (request !== 0 && calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (redis < 1 || redis > opened) return Fault.badHandle;
      const bytes =
        dataLength < 0 ? undefined : Uint8Array.from(memory.bodyBytes(data, dataLength));
      const parts = readCommand(memory.readUtf8(command, length), bytes);
      if (parts === undefined) return Fault.badValue;
      const id = pending.start();
      if (id > 0) pending.finishLater(id, () => replyOf(host, parts));
      return id;
    },
  };
}

function serverOf(json: string): string | undefined {
  try {
    // The host checks it; here it comes from openRedis.
    const { host, port } = JSON.parse(json) as RedisFields;
    return `${host ?? "127.0.0.1"}:${port ?? 6379}`;
  } catch {
    return undefined;
  }
}

function readCommand(
  json: string,
  bytes: Uint8Array | undefined,
): (string | Uint8Array)[] | undefined {
  try {
    const parts: unknown = JSON.parse(json);
    if (!Array.isArray(parts) || parts.length === 0) return undefined;
    const command = parts.map((part: unknown) => (part === null ? bytes : part));
    return command.every((part) => typeof part === "string" || part instanceof Uint8Array)
      ? command
      : undefined;
  } catch {
    return undefined;
  }
}

async function replyOf(
  { options }: HostState,
  command: readonly (string | Uint8Array)[],
): Promise<CallResult> {
  const { redis } = options;
  if (redis === undefined) return failure("unavailable", "the test answers no Redis");
  try {
    const reply = await redis(command);
    if (reply instanceof Uint8Array) return [BYTES_REPLY, "", reply];
    return [JSON_REPLY, JSON.stringify(reply ?? null)];
  } catch (error) {
    if (error instanceof RedisError) return failure(error.reason, error.message);
    // A server that throws anything else is one that cannot be reached.
    return failure("unavailable", error instanceof Error ? error.message : String(error));
  }
}

const FAULTS: Readonly<Record<RedisErrorReason, number>> = {
  unavailable: Fault.unavailable,
  refused: Fault.badValue,
  limit: Fault.limit,
  denied: Fault.denied,
};

function failure(reason: RedisErrorReason, message: string): CallResult {
  return [FAULTS[reason], JSON.stringify({ reason, message })];
}
