// A Redis for unit tests: one function answers all commands of the process.
import { RedisError } from "../redis-error.ts";
import type { RedisReply } from "../redis.ts";

/**
 * What a Redis says to a command. Throw a RedisError with `unavailable` for one that does not answer, with `refused` for
 * an answer that is an error.
 */
export type AnswerRedis = (
  command: readonly (string | Uint8Array)[],
) => RedisReply | Uint8Array | Promise<RedisReply | Uint8Array>;

function absent(): never {
  throw new RedisError("unavailable", "answerRedis says what a Redis answers");
}

let answer: AnswerRedis = absent;

/** Answers the commands of every Redis from now on; none is there by default. */
export function answerRedis(by: AnswerRedis = absent): void {
  answer = by;
}

export function fakeRedisOpen(): number {
  return 1;
}

export async function fakeRedisCall(
  _redis: number,
  command: string,
  data: Uint8Array | undefined,
): Promise<RedisReply | Uint8Array> {
  // Written by openRedis: texts, and null for the data.
  const parts = JSON.parse(command) as (string | null)[];
  return answer(parts.map((part) => part ?? data ?? ""));
}
