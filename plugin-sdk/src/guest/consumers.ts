// Who the client is, and how a plugin says so.
import { Fault, Property } from "../abi.ts";
import type {
  Consumer,
  Consumers,
  Credential,
  CredentialFields,
  FoundConsumer,
} from "../context.ts";
import { check, faultError, textOf } from "./faults.ts";
import {
  authenticate,
  authenticateBy,
  consumerFind,
  consumerFindBy,
  consumerGet,
  credentialFind,
  credentialGet,
} from "./native.ts";
import { optionalProperty } from "./request.ts";
import { viewOf } from "./view.ts";

/** In `authenticate`, for the one of consumer and credential that is not given. */
const NONE = -1;

export abstract class HostConsumers implements Consumers {
  declare readonly requestHandle: number;

  get current(): Consumer | undefined {
    const id = optionalProperty(this.requestHandle, CONSUMER_ID);
    if (id === undefined) return undefined;
    return viewOf({ __proto__: HostConsumer.prototype, requestHandle: this.requestHandle, id });
  }

  get credentialId(): string | undefined {
    return optionalProperty(this.requestHandle, CREDENTIAL_ID);
  }

  findCredential(collection: string, key: string): Credential | undefined {
    const handle = credentialFind(this.requestHandle, collection, key);
    if (handle >= 0) return { kind: "credential", handle };
    if (handle !== ABSENT) check(handle, `credential in ${collection}`);
    return undefined;
  }

  find(idOrUsername: string): FoundConsumer | undefined {
    const handle = consumerFind(this.requestHandle, idOrUsername);
    if (handle >= 0) return { kind: "consumer", handle };
    if (handle !== ABSENT) check(handle, `consumer "${idOrUsername}"`);
    return undefined;
  }

  findBy(field: "id" | "username" | "custom_id", value: string): FoundConsumer | undefined {
    const handle = consumerFindBy(this.requestHandle, FIELDS[field], value);
    if (handle >= 0) return { kind: "consumer", handle };
    if (handle !== ABSENT) check(handle, `consumer by ${field}`);
    return undefined;
  }

  credential({ handle }: Credential): CredentialFields {
    const text = textOf(credentialGet(this.requestHandle, handle | 0), "credential");
    return JSON.parse(text ?? "{}"); // ABI.md says what it is.
  }

  consumer({ handle }: FoundConsumer): Consumer {
    const {
      id,
      username,
      custom_id: customId,
      tags,
      groups,
    } = recordOf(this.requestHandle, handle);
    return { id, username, customId, tags, groups };
  }

  authenticate(credential: Credential): boolean {
    const result = authenticate(this.requestHandle, NONE, credential.handle | 0);
    if (result !== BAD_HANDLE) check(result, "credential");
    return result === 0;
  }

  authenticateAs(consumer: FoundConsumer): void {
    check(authenticate(this.requestHandle, consumer.handle | 0, NONE), "consumer");
  }

  authenticateBy(id: string, consumer?: FoundConsumer): void {
    const handle = consumer === undefined ? NONE : consumer.handle | 0;
    check(authenticateBy(this.requestHandle, handle, id), "id of the credential");
  }
}

const CONSUMER_ID = Property.consumerId;
const CREDENTIAL_ID = Property.credentialId;
const ABSENT = Fault.absent;
const BAD_HANDLE = Fault.badHandle;
const FIELDS = {
  id: Property.consumerId,
  username: Property.consumerUsername,
  custom_id: Property.consumerCustomId,
} as const;

/** As `consumer_get` gives it. */
interface ConsumerRecord {
  readonly id: string;
  readonly username: string | undefined;
  readonly custom_id: string | undefined;
  readonly tags: readonly string[];
  readonly groups: readonly string[];
}

function recordOf(request: number, consumer: number): ConsumerRecord {
  const text = textOf(consumerGet(request, consumer | 0), "consumer");
  if (text === undefined) throw faultError(ABSENT, "consumer");
  return JSON.parse(text); // ABI.md says what it is.
}

abstract class HostConsumer implements Consumer {
  declare readonly id: string;
  declare readonly requestHandle: number;

  get username(): string | undefined {
    return optionalProperty(this.requestHandle, Property.consumerUsername);
  }

  get customId(): string | undefined {
    return optionalProperty(this.requestHandle, Property.consumerCustomId);
  }

  get tags(): readonly string[] {
    return recordOf(this.requestHandle, NONE).tags;
  }

  get groups(): readonly string[] {
    return recordOf(this.requestHandle, NONE).groups;
  }
}
