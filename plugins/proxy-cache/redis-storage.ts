// In a Redis that several gateways share: the entry under its key, the body beside it under the entry's tag.
import type { Redis, Store } from "@sluice/plugin-sdk";

import { parseKept } from "./storage.ts";
import type { Body, Entry, Kept, Storage, Stored } from "./storage.ts";

export class RedisStorage implements Storage {
  readonly #redis: Redis;
  readonly #maxBodyBytes: number;

  constructor(redis: Redis, maxBodyBytes: number) {
    this.#redis = redis;
    this.#maxBodyBytes = maxBodyBytes;
  }

  async find(_store: Store, key: string): Promise<Kept | undefined> {
    const found = await this.#redis.call("GET", entryKey(key));
    return typeof found === "string" ? parseKept(found) : undefined;
  }

  async body(_store: Store, key: string, { tag, bytes }: Entry): Promise<Body | undefined> {
    if (bytes === 0) return "";
    const found = await this.#redis.bytes("GET", bodyKey(key, tag));
    if (found === null || found.length !== bytes) return undefined;
    // The promise gives an array of its own.
    return found as Uint8Array<ArrayBuffer>;
  }

  async put(_store: Store, key: string, { kept, body, lifetimeMs }: Stored): Promise<boolean> {
    const lifetime = ["PX", Math.max(1, Math.ceil(lifetimeMs))] as const;
    if (kept.kind === "entry" && kept.bytes > 0) {
      if (kept.bytes > this.#maxBodyBytes) return false;
      const name = bodyKey(key, kept.tag);
      if (body !== undefined) await this.#redis.call("SET", name, body, ...lifetime);
      else await this.#redis.call("PEXPIRE", name, lifetime[1]);
    }
    // Last, so that whoever finds it finds its body, too.
    await this.#redis.call("SET", entryKey(key), JSON.stringify(kept), ...lifetime);
    return true;
  }

  async remove(_store: Store, key: string): Promise<void> {
    await this.#redis.call("DEL", entryKey(key));
  }
}

function entryKey(key: string): string {
  return `sluice:proxy-cache:{${key}}`;
}

function bodyKey(key: string, tag: string): string {
  return `sluice:proxy-cache:{${key}}:${tag}`;
}
