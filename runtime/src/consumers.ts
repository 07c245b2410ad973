// Consumers and their credentials, indexed for look-up, and what authenticating one means for a request.
import type { ConsumerConfig, CredentialConfig } from "./config/model.ts";
import type { Exchange } from "./exchange.ts";
import { VALUE_CHARACTERS, consistsOf } from "./http1/characters.ts";
import { fieldName } from "./http1/field-name.ts";
import type { FieldName } from "./http1/field-name.ts";
import { isSameSecret, secretHash } from "./secret.ts";

/** A header that tells the upstream who the client is. */
interface IdentityField {
  readonly name: FieldName;
  readonly value: string;
}

/** Who a request may turn out to be from. */
interface Identity {
  readonly consumer: ConsumerConfig;
  readonly credential: CredentialConfig | undefined;
  /** Kong's upstream headers (kong/constants.lua). */
  readonly fields: readonly IdentityField[];
}

/** All consumers of one config. Handles are indexes; they hold for this config only. */
export class Consumers {
  readonly #anonymous: readonly Identity[];
  readonly #byName = new Map<string, number>();
  readonly #authenticated: Identity[] = [];
  /** By collection and the hash of a key: handles of the credentials. */
  readonly #credentials = new Map<string, Map<number, number[]>>();

  constructor(consumers: readonly ConsumerConfig[]) {
    this.#anonymous = consumers.map((consumer) => identity(consumer, undefined));
    for (const [handle, { username }] of consumers.entries()) {
      if (username !== undefined) this.#byName.set(username, handle);
    }
    for (const [handle, consumer] of consumers.entries()) {
      // Ids come last: nobody becomes somebody else by taking an id for a username.
      this.#byName.set(consumer.id, handle);
      for (const credential of consumer.credentials) {
        this.#addCredential(this.#authenticated.length, credential);
        this.#authenticated.push(identity(consumer, credential));
      }
    }
  }

  /** By id or username. */
  find(name: string): number | undefined {
    return this.#byName.get(name);
  }

  #addCredential(handle: number, { collection, key }: CredentialConfig): void {
    const byHash = this.#credentials.get(collection) ?? new Map<number, number[]>();
    this.#credentials.set(collection, byHash);
    const hash = secretHash(key);
    byHash.set(hash, [...(byHash.get(hash) ?? []), handle]);
  }

  /** By keyed hash, then in constant time: the time taken tells nothing of the keys there are (J12). */
  findCredential(collection: string, key: string): number | undefined {
    const handles = this.#credentials.get(collection)?.get(secretHash(key));
    return handles?.find((handle) => {
      return isSameSecret(key, this.#authenticated[handle]?.credential?.key ?? "");
    });
  }

  /** The identity of a consumer alone, or of a credential's; one of the handles is -1. */
  identity(consumer: number, credential: number): Identity | undefined {
    return credential < 0 ? this.#anonymous[consumer] : this.#authenticated[credential];
  }
}

function identity(consumer: ConsumerConfig, credential: CredentialConfig | undefined): Identity {
  const values = {
    "X-Consumer-ID": consumer.id,
    "X-Consumer-Custom-ID": consumer.customId,
    "X-Consumer-Username": consumer.username,
    "X-Credential-Identifier": credential?.id,
    "X-Anonymous-Consumer": credential === undefined ? "true" : undefined,
  };
  const fields = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: fieldName(name), value: fieldText(value) }],
  );
  return { consumer, credential, fields };
}

/** UTF-8 bytes as a field value; a name with control characters is percent-encoded. */
function fieldText(value: string): string {
  const bytes = Buffer.from(value).toString("latin1");
  return consistsOf(bytes, VALUE_CHARACTERS) ? bytes : encodeURIComponent(value.toWellFormed());
}

/**
 * Makes the request one of the credential's consumer, or of the consumer alone, who is then anonymous. One of the
 * handles is -1. False when a handle is unknown.
 */
export function authenticate(exchange: Exchange, consumer: number, credential: number): boolean {
  const found = exchange.snapshot?.consumers.identity(consumer, credential);
  if (found === undefined) return false;
  const fields = exchange.requestFields;
  // What the client sent under these names is gone already; an earlier plugin's word may still be there.
  if (exchange.consumer !== undefined) for (const name of IDENTITY_NAMES) fields.remove(name);
  for (const { name, value } of found.fields) fields.push(name, value);
  exchange.consumer = found.consumer;
  exchange.credential = found.credential;
  return true;
}

const IDENTITY_NAMES = [
  "x-consumer-id",
  "x-consumer-custom-id",
  "x-consumer-username",
  "x-credential-identifier",
  "x-anonymous-consumer",
];
