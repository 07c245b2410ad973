// A reply in the form in which a guest reads it.
import { RedisFailed } from "./redis-failed.ts";
import type { RedisReply } from "./redis-connection.ts";

/** Of one reply, bytes. */
const MAX_REPLY_BYTES: number = 9 * 1_048_576;

/** JSON; or, of a bulk string, its bytes. */
export type GuestReply =
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** Bulk strings within lists are text. Throws {@link RedisFailed} for a reply that is too long. */
export function guestReply(reply: RedisReply): GuestReply {
  if (Buffer.isBuffer(reply)) {
    checkLength(reply.length);
    return { kind: "bytes", bytes: reply };
  }
  const text = JSON.stringify(plain(reply));
  checkLength(text.length);
  return { kind: "json", text };
}

function plain(reply: RedisReply): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  if (reply instanceof Error) return { error: reply.message };
  if (typeof reply === "object" && reply !== null) return reply.map(plain);
  return reply;
}

function checkLength(bytes: number): void {
  if (bytes <= MAX_REPLY_BYTES) return;
  throw new RedisFailed("limit", `the reply has ${bytes} bytes, at most ${MAX_REPLY_BYTES} fit`);
}
