// One connection to a Redis, from its opening to its end. What is sent in one turn of the event loop goes out together.
import { RedisFailed } from "./redis-failed.ts";
import type { RedisOptions } from "./redis-options.ts";

export type RedisArgument = string | Buffer;

/** A reply: bulk strings are bytes, errors within a list are Errors. */
export type RedisReply = string | number | null | Buffer | Error | readonly RedisReply[];

export interface RedisConnection {
  /** Rejected with {@link RedisFailed} when Redis answers with an error, or with whatever ended the connection. */
  send(command: readonly RedisArgument[]): Promise<RedisReply>;
  /** Rejects what is under way. `onEnd` is not called. */
  destroy(): void;
}

/**
 * Connects, authenticates and selects the database, within the options' time. `address` is where to: that of the
 * options' host. `onEnd` is called once, when a connection that was open ends by itself.
 */
export type ConnectRedis = (
  options: RedisOptions,
  address: string,
  onEnd: (cause: Error) => void,
) => Promise<RedisConnection>;

/** RESP's type of a bulk string, as node-redis numbers it. */
const BULK_STRING = 36;
const COMMAND_OPTIONS = { typeMapping: { [BULK_STRING]: Buffer } };

export const connectRedis: ConnectRedis = async (options, address, onEnd) => {
  // Only now: most gateways have no Redis, and the library is not small.
  const { createClient, ErrorReply } = await import("redis");
  const { username, password, database, timeoutMs } = options;
  const client = createClient({
    RESP: 2, // Understood by every Redis, and by what takes its place.
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: {
      host: address,
      port: options.port,
      connectTimeout: timeoutMs,
      reconnectStrategy: false,
      ...(options.ssl && {
        tls: true,
        rejectUnauthorized: options.sslVerify,
        ...serverNameOf(options),
      }),
    },
  });
  let isOpen = false;
  let failure = new Error("it closed the connection");
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    onEnd(failure);
  };
  // Without a listener an error would end the process.
  client.on("error", (error: Error) => {
    failure = error;
    end();
  });
  client.on("end", end);
  const destroy = (): void => {
    isOpen = false;
    if (client.isOpen) client.destroy();
  };
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error(`there was no connection within ${timeoutMs} ms`));
  const timer = setTimeout(giveUp, timeoutMs);
  try {
    await Promise.race([client.connect(), late]);
  } catch (error) {
    destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  isOpen = true;
  return {
    destroy,
    send: (command) =>
      client.sendCommand<RedisReply>([...command], COMMAND_OPTIONS).catch((error: unknown) => {
        throw error instanceof ErrorReply ? new RedisFailed("refused", error.message) : error;
      }),
  };
};

/** What the certificate must be for: not the address that the name stands for. */
function serverNameOf({ serverName, host }: RedisOptions): { servername?: string } {
  const name = serverName ?? (/^[\d.:]+$/.test(host) || host.includes(":") ? undefined : host);
  return name === undefined ? {} : { servername: name };
}
