// Consumers and their credentials, indexed for look-up, and what authenticating one means for a request.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ConsumerConfig, CredentialConfig } from "./config/model.ts";
import type { Exchange } from "./exchange.ts";
import { VALUE_CHARACTERS, consistsOf } from "./http1/characters.ts";

interface Holder {
  readonly credential: CredentialConfig;
  readonly consumer: ConsumerConfig;
  readonly digest: Buffer;
}

/** All consumers of one config. Handles are indexes; they hold for this config only. */
export class Consumers {
  readonly #consumers: readonly ConsumerConfig[];
  readonly #byName = new Map<string, number>();
  readonly #holders: Holder[] = [];
  readonly #byDigest = new Map<string, number>();
  /** Digests are keyed anew in each process, so that nobody can compute one ahead. */
  readonly #salt = randomBytes(32);

  constructor(consumers: readonly ConsumerConfig[]) {
    this.#consumers = consumers;
    for (const [handle, consumer] of consumers.entries()) {
      this.#byName.set(consumer.id, handle);
      if (consumer.username !== undefined) this.#byName.set(consumer.username, handle);
      for (const credential of consumer.credentials) {
        const digest = this.#digest(credential.collection, credential.key);
        this.#byDigest.set(digest.toString("latin1"), this.#holders.length);
        this.#holders.push({ credential, consumer, digest });
      }
    }
  }

  /** By id or username. */
  find(name: string): number | undefined {
    return this.#byName.get(name);
  }

  /** Looks up by digest, so that the time taken tells nothing of the keys there are (J12). */
  findCredential(collection: string, key: string): number | undefined {
    const digest = this.#digest(collection, key);
    const handle = this.#byDigest.get(digest.toString("latin1"));
    const holder = handle === undefined ? undefined : this.#holders[handle];
    return holder !== undefined && timingSafeEqual(holder.digest, digest) ? handle : undefined;
  }

  consumer(handle: number): ConsumerConfig | undefined {
    return this.#consumers[handle];
  }

  holder(handle: number): Pick<Holder, "consumer" | "credential"> | undefined {
    return this.#holders[handle];
  }

  #digest(collection: string, key: string): Buffer {
    return createHmac("sha256", this.#salt).update(`${collection}\0${key}`).digest();
  }
}

/**
 * Makes the request one of the credential's consumer, or of the consumer alone, who is then anonymous. One of the
 * handles is -1. False when a handle is unknown.
 */
export function authenticate(exchange: Exchange, consumer: number, credential: number): boolean {
  const consumers = exchange.snapshot?.consumers;
  const holder = consumers?.holder(credential);
  const found = holder?.consumer ?? consumers?.consumer(consumer);
  if (found === undefined) return false;
  exchange.consumer = found;
  exchange.credential = holder?.credential;
  stateIdentity(exchange, found, holder?.credential);
  return true;
}

/** Kong's upstream headers (kong/constants.lua); what the client sent under these names is gone already. */
function stateIdentity(
  exchange: Exchange,
  consumer: ConsumerConfig,
  credential: CredentialConfig | undefined,
): void {
  const fields = exchange.requestFields;
  const state = (name: string, value: string | undefined): void => {
    if (value === undefined) fields.remove(name.toLowerCase());
    else fields.set(name, fieldText(value));
  };
  state("X-Consumer-ID", consumer.id);
  state("X-Consumer-Custom-ID", consumer.customId);
  state("X-Consumer-Username", consumer.username);
  state("X-Credential-Identifier", credential?.id);
  state("X-Anonymous-Consumer", credential === undefined ? "true" : undefined);
}

/** UTF-8 bytes as a field value; a name with control characters is percent-encoded. */
function fieldText(value: string): string {
  const bytes = Buffer.from(value).toString("latin1");
  return consistsOf(bytes, VALUE_CHARACTERS) ? bytes : encodeURIComponent(value.toWellFormed());
}
