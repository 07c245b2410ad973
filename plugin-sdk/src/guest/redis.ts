// Commands of a Redis on the host's function for them.
import { Fault } from "../abi.ts";
import { RedisError } from "../redis-error.ts";
import type { RedisErrorReason } from "../redis-error.ts";
import type { RedisReply } from "../redis.ts";
import { redisCall } from "./native.ts";
import { bytesPart, promiseOf, textPart } from "./waiting.ts";

/** Part 0 when there is no reply. */
interface Failure {
  readonly reason: RedisErrorReason;
  readonly message: string;
}

const NO_REQUEST = 0;
const HEAD = 0;
const BODY = 1;
const BYTES_REPLY = 1;

export function callRedis(
  redis: number,
  command: string,
  data: Uint8Array | undefined,
): Promise<RedisReply | Uint8Array> {
  // Made now, because later there is nothing of the author's in the stack.
  const error = new RedisError("unavailable", "");
  const call = redisCall(NO_REQUEST, redis, command, data);
  if (call < 0) return Promise.reject(Object.assign(error, refusalOf(call)));
  return promiseOf(call, "Redis", (result): RedisReply | Uint8Array => {
    if (result === BYTES_REPLY) return bytesPart(call, BODY);
    // The host writes this JSON, see ABI.md.
    if (result >= 0) return JSON.parse(textPart(call, HEAD)) as RedisReply;
    throw Object.assign(error, JSON.parse(textPart(call, HEAD)) as Failure);
  });
}

function refusalOf(fault: number): Failure {
  switch (fault) {
    case Fault.limit:
      return { reason: "limit", message: "The command is too long, or too many are under way" };
    case Fault.wrongPhase:
      return { reason: "denied", message: "A Redis is not asked in configure" };
    case Fault.badHandle:
      return { reason: "denied", message: "The Redis was opened by another entry of the config" };
    default:
      return { reason: "denied", message: "This is no command" };
  }
}
