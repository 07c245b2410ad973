// Which commands one of many users of a connection may send.
import type { RedisArgument } from "./redis-connection.ts";
import { RedisFailed } from "./redis-failed.ts";

const MAX_ARGUMENTS = 1000;
/** Of all arguments. */
const MAX_ARGUMENT_BYTES: number = 9 * 1_048_576;

/**
 * They change what the connection is to everybody on it, hold it up, or are about the server. A transaction is a
 * script here, because commands of different requests interleave.
 */
const DENIED: ReadonlySet<string> = new Set(
  [
    "AUTH HELLO SELECT RESET QUIT CLIENT READONLY READWRITE ASKING",
    "MULTI EXEC DISCARD WATCH UNWATCH",
    "SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE",
    "BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP",
    "XREAD XREADGROUP WAIT WAITAOF MONITOR SYNC PSYNC REPLCONF",
    "CONFIG DEBUG SHUTDOWN REPLICAOF SLAVEOF FAILOVER MODULE ACL",
    "FLUSHALL FLUSHDB SAVE BGSAVE BGREWRITEAOF MIGRATE SWAPDB CLUSTER",
  ].flatMap((line) => line.split(" ")),
);

/** The bytes of all arguments. Throws {@link RedisFailed} for a command that may not be sent. */
export function checkedBytes(command: readonly RedisArgument[]): number {
  const name = String(command[0] ?? "").toUpperCase();
  if (!/^[A-Z][A-Z_.]*$/.test(name)) {
    throw new RedisFailed("denied", `${JSON.stringify(name.slice(0, 40))} is no command`);
  }
  if (DENIED.has(name)) {
    throw new RedisFailed("denied", `${name} is not possible: others use the connection, too`);
  }
  let bytes = 0;
  for (const argument of command) bytes += argument.length;
  if (command.length > MAX_ARGUMENTS || bytes > MAX_ARGUMENT_BYTES) {
    throw new RedisFailed("limit", "the command has too many or too long arguments");
  }
  return bytes;
}
