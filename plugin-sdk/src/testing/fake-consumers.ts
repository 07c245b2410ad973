// Consumers and credentials of a fake gateway, and who the client of one exchange turned out to be.
import type { Consumer, Consumers, Credential, FoundConsumer } from "../context.ts";
import type { FakeFields } from "./fake-fields.ts";

/** A consumer as the gateway's config would have it. */
export interface ConsumerInit {
  readonly id: string;
  readonly username?: string;
  readonly customId?: string;
  readonly credentials?: readonly CredentialInit[];
}

export interface CredentialInit {
  readonly id: string;
  /** Kong's collection, such as `keyauth_credentials`. */
  readonly collection: string;
  readonly key: string;
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

  authenticate({ handle }: Credential): void {
    const found = this.#credentials[handle];
    if (found === undefined) throw new RangeError("Unknown credential handle");
    this.#become(found.consumer, found.credential.id);
  }

  authenticateAs({ handle }: FoundConsumer): void {
    const found = this.#known[handle];
    if (found === undefined) throw new RangeError("Unknown consumer handle");
    this.#become(found, undefined);
  }

  #become(consumer: ConsumerInit, credentialId: string | undefined): void {
    const { id, username, customId } = consumer;
    this.current = { id, username, customId };
    this.credentialId = credentialId;
    this.#upstream.assign("X-Consumer-ID", id);
    this.#upstream.assign("X-Consumer-Username", username);
    this.#upstream.assign("X-Consumer-Custom-ID", customId);
    this.#upstream.assign("X-Credential-Identifier", credentialId);
    this.#upstream.assign("X-Anonymous-Consumer", credentialId === undefined ? "true" : undefined);
  }
}
