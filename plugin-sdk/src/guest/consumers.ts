// Who the client is, and how a plugin says so.
import { Fault, Property } from "../abi.ts";
import type { Consumer, Consumers, Credential, FoundConsumer } from "../context.ts";
import { check } from "./faults.ts";
import { authenticate, consumerFind, credentialFind } from "./native.ts";
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

  authenticate(credential: Credential): void {
    check(authenticate(this.requestHandle, NONE, credential.handle | 0), "credential");
  }

  authenticateAs(consumer: FoundConsumer): void {
    check(authenticate(this.requestHandle, consumer.handle | 0, NONE), "consumer");
  }
}

const CONSUMER_ID = Property.consumerId;
const CREDENTIAL_ID = Property.credentialId;
const ABSENT = Fault.absent;

abstract class HostConsumer implements Consumer {
  declare readonly id: string;
  declare readonly requestHandle: number;

  get username(): string | undefined {
    return optionalProperty(this.requestHandle, Property.consumerUsername);
  }

  get customId(): string | undefined {
    return optionalProperty(this.requestHandle, Property.consumerCustomId);
  }
}
