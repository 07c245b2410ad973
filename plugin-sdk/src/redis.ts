// A Redis that several gateways share: commands, and scripts for what must happen at once.
import { Fault } from "./abi.ts";
import { ConfigError } from "./config-error.ts";
import { digest } from "./digest.ts";
import { moduleHost } from "./module-host.ts";
import { RedisError } from "./redis-error.ts";

/** Kong's `redis` fields. Null is as good as a missing one. */
export interface RedisFields {
  /** 127.0.0.1 by default. */
  readonly host?: string | null | undefined;
  /** 6379 by default. */
  readonly port?: number | null | undefined;
  readonly username?: string | null | undefined;
  readonly password?: string | null | undefined;
  /** 0 by default. */
  readonly database?: number | null | undefined;
  /** ms to connect, and for an answer; 2000 by default, at most 60,000. */
  readonly timeout?: number | null | undefined;
  readonly ssl?: boolean | null | undefined;
  /** Whether the certificate is checked; false by default, as in Kong. */
  readonly ssl_verify?: boolean | null | undefined;
  readonly server_name?: string | null | undefined;
}

/** Bytes only once in a command. */
export type RedisArgument = string | number | Uint8Array;

/** Bulk strings are text. An error within a list is an object with its message. */
export type RedisReply = string | number | null | { readonly error: string } | RedisReply[];

/** Runs the script at once, with nothing of others in between. */
export type RedisScript = (
  keys: readonly string[],
  args: readonly RedisArgument[],
) => Promise<RedisReply>;

/**
 * All promises are rejected with a {@link RedisError}. What is asked in one handler goes out together, so start several
 * commands before you await the first. While the server is known to be down, commands fail at once.
 */
export interface Redis {
  /** `redis.call("SET", "key", "value", "PX", 1000)`. */
  call(...command: readonly RedisArgument[]): Promise<RedisReply>;
  /** As call, for a value that is bytes; null when there is none. Throws TypeError for any other reply. */
  bytes(...command: readonly RedisArgument[]): Promise<Uint8Array | null>;
  /** Lua; Redis keeps it after its first run. */
  script(lua: string): RedisScript;
}

/**
 * Opens the Redis of an entry's config; only in `configure`. Nothing is connected before the first command. Throws
 * ConfigError when the server is not granted: by `grants.fetch`, or by a schema's `endpoint()` in bundled plugins.
 */
export function openRedis(fields: RedisFields): Redis {
  const id = moduleHost().redisOpen(JSON.stringify(fields));
  if (id < 0) throw refusal(id, fields);
  const send = (command: readonly RedisArgument[]): Promise<RedisReply | Uint8Array> => {
    const { json, data } = encoded(command);
    return moduleHost().redisCall(id, json, data);
  };
  const call = async (...command: readonly RedisArgument[]): Promise<RedisReply> => {
    const reply = await send(command);
    return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : reply;
  };
  return {
    call,
    async bytes(...command) {
      const reply = await send(command);
      if (reply === null || reply instanceof Uint8Array) return reply;
      throw new TypeError(`The reply to ${String(command[0])} is no single value`);
    },
    script(lua) {
      const sha = digest("SHA-1", lua, "hex");
      return async (keys, args) => {
        try {
          return await call("EVALSHA", sha, keys.length, ...keys, ...args);
        } catch (error) {
          // It was never run there, or the server has started anew since.
          const isMissing = error instanceof RedisError && error.message.startsWith("NOSCRIPT");
          if (!isMissing) throw error;
          return call("EVAL", lua, keys.length, ...keys, ...args);
        }
      };
    },
  };
}

function refusal(fault: number, { host, port }: RedisFields): Error {
  const server = `${host ?? "127.0.0.1"}:${port ?? 6379}`;
  if (fault === Fault.denied)
    return new ConfigError(`${server} is not in the entry's grants.fetch`);
  if (fault === Fault.wrongPhase) return new Error("A Redis is opened in configure");
  return new ConfigError(`the Redis ${server} cannot be used with these fields`);
}

function encoded(command: readonly RedisArgument[]): { json: string; data?: Uint8Array } {
  let data: Uint8Array | undefined;
  const parts: (string | null)[] = [];
  for (let at = 0; at < command.length; at++) {
    const part = command[at];
    if (!(part instanceof Uint8Array)) parts.push(String(part));
    else if (part.length === 0) parts.push("");
    else if (data === undefined) {
      data = part;
      parts.push(null);
    } else throw new TypeError("A command has bytes only once");
  }
  const json = JSON.stringify(parts);
  return data === undefined ? { json } : { json, data };
}
