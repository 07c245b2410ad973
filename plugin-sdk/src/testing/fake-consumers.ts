// Consumers and credentials of a fake gateway, and who the client of one exchange turned out to be.
import type {
  Consumer,
  Consumers,
  Credential,
  CredentialFields,
  FoundConsumer,
} from "../context.ts";
import type { FakeFields } from "./fake-fields.ts";

/** A consumer as the gateway's config would have it. */
export interface ConsumerInit {
  readonly id: string;
  readonly username?: string;
  readonly customId?: string;
  readonly tags?: readonly string[];
  /** Kong's acls. */
  readonly groups?: readonly string[];
  readonly credentials?: readonly CredentialInit[];
}

export interface CredentialInit {
  readonly id: string;
  /** Kong's collection, such as `keyauth_credentials`. */
  readonly collection: string;
  /** What it is found by. */
  readonly key: string;
  /** What X-Credential-Identifier says; the id by default. */
  readonly identifier?: string;
  /** What else plugins get of it. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function consumerOf({ id, username, customId, tags, groups }: ConsumerInit): Consumer {
  return { id, username, customId, tags: tags ?? [], groups: groups ?? [] };
}

export class FakeConsumers implements Consumers {
  readonly #known: readonly ConsumerInit[];
  readonly #credentials: readonly { consumer: ConsumerInit; credential: CredentialInit }[];
  readonly #upstream: FakeFields;
  current: Consumer | undefined;
  credentialId: string | undefined;

  /** `upstream` gets the identity headers. */
  constructor(known: readonly ConsumerInit[], upstream: FakeFields) {
    this.#known = known;
    this.#credentials = known.flatMap((consumer) =>
      (consumer.credentials ?? []).map((credential) => ({ consumer, credential })),
    );
    this.#upstream = upstream;
  }

  findCredential(collection: string, key: string): Credential | undefined {
    const handle = this.#credentials.findIndex(
      ({ credential }) => credential.collection === collection && credential.key === key,
    );
    return handle < 0 ? undefined : { kind: "credential", handle };
  }

  find(idOrUsername: string): FoundConsumer | undefined {
    const handle = this.#known.findIndex(
      ({ id, username }) => id === idOrUsername || username === idOrUsername,
    );
    return handle < 0 ? undefined : { kind: "consumer", handle };
  }

  findBy(field: "id" | "username" | "custom_id", value: string): FoundConsumer | undefined {
    const handle = this.#known.findIndex(
      ({ id, username, customId }) => ({ id, username, custom_id: customId })[field] === value,
    );
    return handle < 0 ? undefined : { kind: "consumer", handle };
  }

  credential({ handle }: Credential): CredentialFields {
    const found = this.#credentials[handle];
    if (found === undefined) throw new RangeError("Unknown credential handle");
    const { credential, consumer } = found;
    return { ...credential.fields, id: credential.id, consumer_id: consumer.id };
  }

  consumer({ handle }: FoundConsumer): Consumer {
    const found = this.#known[handle];
    if (found === undefined) throw new RangeError("Unknown consumer handle");
    return consumerOf(found);
  }

  authenticate({ handle }: Credential): boolean {
    const found = this.#credentials[handle];
    if (found === undefined) return false;
    this.#become(found.consumer, found.credential.id, found.credential.identifier);
    return true;
  }

  authenticateBy(id: string, consumer?: FoundConsumer): void {
    const found = consumer === undefined ? undefined : this.#known[consumer.handle];
    if (consumer !== undefined && found === undefined) {
      throw new RangeError("Unknown consumer handle");
    }
    this.#become(found, id);
  }

  authenticateAs({ handle }: FoundConsumer): void {
    const found = this.#known[handle];
    if (found === undefined) throw new RangeError("Unknown consumer handle");
    this.#become(found, undefined);
  }

  #become(
    consumer: ConsumerInit | undefined,
    credentialId: string | undefined,
    identifier: string | undefined = credentialId,
  ): void {
    this.current = consumer === undefined ? undefined : consumerOf(consumer);
    this.credentialId = credentialId;
    this.#upstream.assign("X-Consumer-ID", consumer?.id);
    this.#upstream.assign("X-Consumer-Username", consumer?.username);
    this.#upstream.assign("X-Consumer-Custom-ID", consumer?.customId);
    this.#upstream.assign("X-Consumer-Groups", undefined);
    this.#upstream.assign("X-Authenticated-Groups", undefined);
    this.#upstream.assign("X-Credential-Identifier", identifier);
    this.#upstream.assign("X-Anonymous-Consumer", credentialId === undefined ? "true" : undefined);
  }
}
