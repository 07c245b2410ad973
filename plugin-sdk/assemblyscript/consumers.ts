// Credentials and consumers of the gateway's config.
import * as host from "../src/engine/host";
import { first, result, second } from "./text";

export namespace consumers {
  /** Handle of the credential in Kong's collection, such as `keyauth_credentials`; negative when there is none. */
  export function credential(request: i32, collection: string, key: string): i32 {
    first.utf8(collection);
    second.utf8(key);
    return host.credential_find(
      request, first.pointer, first.length, second.pointer, second.length,
    );
  }

  /** Handle of the consumer with that id or username; negative when there is none. */
  export function find(request: i32, name: string): i32 {
    first.utf8(name);
    return host.consumer_find(request, first.pointer, first.length);
  }

  /** JSON of what the config says of it, with secrets (ABI.md); null for a handle that is none. */
  export function fieldsOf(request: i32, credential: i32): string | null {
    let length = host.credential_get(request, credential, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.credential_get(request, credential, result.pointer, result.capacity);
    }
    return length < 0 ? null : result.utf8(length);
  }

  /** As find, by one property alone: its number is 13 (id), 14 (username) or 15 (custom id). */
  export function findBy(request: i32, property: i32, value: string): i32 {
    first.utf8(value);
    return host.consumer_find_by(request, property, first.pointer, first.length);
  }

  /** JSON of a consumer (ABI.md), -1 for the request's own; null when there is none. */
  export function recordOf(request: i32, consumer: i32): string | null {
    let length = host.consumer_get(request, consumer, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.consumer_get(request, consumer, result.pointer, result.capacity);
    }
    return length < 0 ? null : result.utf8(length);
  }

  /** By a credential that the config does not have; `consumer` is its owner, or -1. Returns 0 or a Fault. */
  export function authenticateBy(request: i32, consumer: i32, id: string): i32 {
    first.utf8(id);
    return host.authenticate_by(request, consumer, first.pointer, first.length);
  }

  /** The credential's owner is the consumer. Returns 0 or a Fault. */
  export function authenticate(request: i32, credential: i32): i32 {
    return host.authenticate(request, -1, credential);
  }

  /** The consumer for those who have no credential. Returns 0 or a Fault. */
  export function anonymous(request: i32, consumer: i32): i32 {
    return host.authenticate(request, consumer, -1);
  }
}
