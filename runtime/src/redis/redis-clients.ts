// Every Redis that this thread's plugins use: one client for equal options, and what became of its commands.
import { isIP } from "node:net";
import { detailOf } from "../errors.ts";
import type { Resolver } from "../outbound/destination.ts";
import { isPublicAddress } from "../outbound/public-address.ts";
import { sumFamilies } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import { RedisClient } from "./redis-client.ts";
import type { ConnectRedis, RedisArgument, RedisReply } from "./redis-connection.ts";
import { RedisFailed } from "./redis-failed.ts";
import type { RedisFailure } from "./redis-failed.ts";
import { keyOf } from "./redis-options.ts";
import type { RedisOptions } from "./redis-options.ts";

export interface RedisClientsOptions {
  readonly resolve: Resolver;
  readonly connect: ConnectRedis;
  /** One line when a Redis is lost, and one when it is back. */
  readonly onChange: (server: string, isUp: boolean, detail: string) => void;
}

/** What plugins reach their Redis with. */
export interface RedisAccess {
  /** `mayBePrivate`: the host's name may stand for a private or loopback address. */
  open(options: RedisOptions, mayBePrivate: boolean): RedisUse;
}

/** Rejected with {@link RedisFailed}. */
export type RedisUse = (command: readonly RedisArgument[]) => Promise<RedisReply>;

type Outcome = "answered" | RedisFailure;

interface Server {
  readonly name: string;
  readonly client: RedisClient;
  readonly outcomes: Map<Outcome, number>;
}

export class RedisClients implements RedisAccess {
  readonly #options: RedisClientsOptions;
  readonly #servers = new Map<string, Server>();

  constructor(options: RedisClientsOptions) {
    this.#options = options;
  }

  /** Nothing is connected before the first command. Entries with equal options but other rights do not share. */
  open(options: RedisOptions, mayBePrivate: boolean): RedisUse {
    const key = `${mayBePrivate ? "any" : "public"} ${keyOf(options)}`;
    const server = this.#servers.get(key) ?? this.#add(key, options, mayBePrivate);
    return async (command) => {
      let outcome: Outcome = "unavailable";
      try {
        const reply = await server.client.call(command);
        outcome = "answered";
        return reply;
      } catch (error) {
        if (error instanceof RedisFailed) outcome = error.reason;
        throw error;
      } finally {
        server.outcomes.set(outcome, (server.outcomes.get(outcome) ?? 0) + 1);
      }
    };
  }

  #add(key: string, options: RedisOptions, mayBePrivate: boolean): Server {
    const name = `${options.host}:${options.port}`;
    const client = new RedisClient({
      timeoutMs: options.timeoutMs,
      connect: async (onEnd) =>
        this.#options.connect(options, await this.#address(options, mayBePrivate), onEnd),
      onChange: (isUp, detail) => this.#options.onChange(name, isUp, detail),
    });
    const server = { name, client, outcomes: new Map<Outcome, number>() };
    this.#servers.set(key, server);
    return server;
  }

  /** Where to: an address that was looked at, with no second look at the name (W7). */
  async #address({ host }: RedisOptions, mayBePrivate: boolean): Promise<string> {
    if (isIP(host) !== 0) return host;
    let addresses: readonly string[];
    try {
      addresses = await this.#options.resolve(host);
    } catch (cause) {
      throw new Error(`${host} cannot be resolved: ${detailOf(cause)}`, { cause });
    }
    const allowed = addresses.find((address) => mayBePrivate || isPublicAddress(address));
    if (allowed !== undefined) return allowed;
    throw new Error(`${host} has a private address, which the grants do not allow`);
  }

  /** Those that differ in more than host and port count as one server. */
  families(): Family[] {
    return sumFamilies([...this.#servers.values()].map(familiesOf));
  }

  close(): void {
    for (const { client } of this.#servers.values()) client.close();
  }
}

function familiesOf({ name, client, outcomes }: Server): Family[] {
  return [
    {
      name: "sluice_redis_commands_total",
      type: "counter",
      help: "Commands of plugins, by what became of them",
      samples: [...outcomes].map(([outcome, value]) => ({
        labels: { server: name, outcome },
        value,
      })),
    },
    {
      name: "sluice_redis_connections",
      type: "gauge",
      help: "Open connections to a Redis",
      samples: [{ labels: { server: name }, value: client.isReady ? 1 : 0 }],
    },
  ];
}
