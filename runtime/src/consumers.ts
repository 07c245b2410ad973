// Consumers and their credentials, indexed for look-up, and what authenticating one means for a request.
import type { ConsumerConfig, CredentialConfig } from "./config/model.ts";
import type { Exchange } from "./exchange.ts";
import { VALUE_CHARACTERS, consistsOf } from "./http1/characters.ts";
import { FieldRole, fieldName } from "./http1/field-name.ts";
import type { FieldName } from "./http1/field-name.ts";
import { isSameSecret, secretHash } from "./secret.ts";

/** A header that tells the upstream who the client is. */
interface IdentityField {
  readonly name: FieldName;
  readonly value: string;
}

/** Who a request may turn out to be from. */
export interface Identity {
  readonly consumer: ConsumerConfig | undefined;
  readonly credential: CredentialConfig | undefined;
  /** Kong's upstream headers (kong/constants.lua). */
  readonly fields: readonly IdentityField[];
}

/** How consumers are found: by Kong's names of the fields. */
export type ConsumerField = "id" | "username" | "custom_id";

/** Handles of credentials given to earlier configs of this thread. */
let usedHandles = 0;
const MAX_HANDLE = 2 ** 31 - 1;

/**
 * All consumers of one config. Handles hold for this config only; those of credentials are no other config's, so that a
 * plugin that outlives a reload cannot take an old one for a new one.
 */
export class Consumers {
  readonly #anonymous: readonly Identity[];
  readonly #byName = new Map<string, number>();
  readonly #byField: Readonly<Record<ConsumerField, Map<string, number>>> = {
    id: new Map(),
    username: new Map(),
    custom_id: new Map(),
  };
  /** Of the first credential. */
  readonly #firstHandle: number;
  readonly #authenticated: Identity[] = [];
  /** By collection and the hash of a key: handles of the credentials. */
  readonly #credentials = new Map<string, Map<number, number[]>>();

  constructor(consumers: readonly ConsumerConfig[]) {
    this.#anonymous = consumers.map((consumer) => identity(consumer, undefined));
    const count = consumers.reduce((sum, { credentials }) => sum + credentials.length, 0);
    if (usedHandles + count > MAX_HANDLE) usedHandles = 0;
    this.#firstHandle = usedHandles;
    usedHandles += count;
    for (const [handle, { id, username, customId }] of consumers.entries()) {
      this.#byField.id.set(id, handle);
      if (username !== undefined) {
        this.#byName.set(username, handle);
        this.#byField.username.set(username, handle);
      }
      if (customId !== undefined) this.#byField.custom_id.set(customId, handle);
    }
    for (const [handle, consumer] of consumers.entries()) {
      // Ids come last: nobody becomes somebody else by taking an id for a username.
      this.#byName.set(consumer.id, handle);
      for (const credential of consumer.credentials) {
        this.#addCredential(this.#firstHandle + this.#authenticated.length, credential);
        this.#authenticated.push(identity(consumer, credential));
      }
    }
  }

  /** By id or username. */
  find(name: string): number | undefined {
    return this.#byName.get(name);
  }

  findBy(field: ConsumerField, value: string): number | undefined {
    return this.#byField[field].get(value);
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
      return isSameSecret(key, this.identity(-1, handle)?.credential?.key ?? "");
    });
  }

  /** The identity of a consumer alone, or of a credential's; one of the handles is -1. */
  identity(consumer: number, credential: number): Identity | undefined {
    return credential < 0
      ? this.#anonymous[consumer]
      : this.#authenticated[credential - this.#firstHandle];
  }
}

/** What plugins get of a credential, as JSON. */
export function credentialText({ consumer, credential }: Identity): string {
  return JSON.stringify({ ...credential?.fields, id: credential?.id, consumer_id: consumer?.id });
}

/** What plugins get of a consumer, as JSON. */
export function consumerText({ id, username, customId, tags, groups }: ConsumerConfig): string {
  return JSON.stringify({ id, username, custom_id: customId, tags, groups });
}

function identity(
  consumer: ConsumerConfig | undefined,
  credential: CredentialConfig | undefined,
): Identity {
  const values = {
    "X-Consumer-ID": consumer?.id,
    "X-Consumer-Custom-ID": consumer?.customId,
    "X-Consumer-Username": consumer?.username,
    "X-Credential-Identifier": credential?.identifier,
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
  become(exchange, found);
  return true;
}

/**
 * Makes the request one of a credential that the config does not have, such as a token that somebody else vouches for,
 * and of the consumer, if there is one. False when the handle is unknown.
 */
export function authenticateBy(
  exchange: Exchange,
  consumer: number | undefined,
  id: string,
): boolean {
  const known =
    consumer === undefined ? undefined : exchange.snapshot?.consumers.identity(consumer, -1);
  if (consumer !== undefined && known === undefined) return false;
  const credential: CredentialConfig = { ...NO_CREDENTIAL, id, identifier: id };
  become(exchange, identity(known?.consumer, credential));
  return true;
}

const NO_CREDENTIAL = { collection: "", key: "", fields: {} } as const;

function become(exchange: Exchange, { consumer, credential, fields: stated }: Identity): void {
  const fields = exchange.requestFields;
  // What the client sent under these names is gone already; an earlier plugin's word may still be there.
  if (exchange.consumer !== undefined || exchange.credential !== undefined) {
    for (const name of IDENTITY_NAMES) fields.remove(name);
    for (let at = fields.length - 1; at >= 0; at--) {
      if (fields.names[at]?.role === FieldRole.identity) fields.removeAt(at);
    }
  }
  for (const { name, value } of stated) fields.push(name, value);
  exchange.consumer = consumer;
  exchange.credential = credential;
}

const IDENTITY_NAMES = [
  "x-consumer-id",
  "x-consumer-custom-id",
  "x-consumer-username",
  "x-credential-identifier",
  "x-anonymous-consumer",
];
