// Credentials and consumers of the gateway's config.
import * as host from "../src/engine/host";
import { first, second } from "./text";

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

  /** The credential's owner is the consumer. Returns 0 or a Fault. */
  export function authenticate(request: i32, credential: i32): i32 {
    return host.authenticate(request, -1, credential);
  }

  /** The consumer for those who have no credential. Returns 0 or a Fault. */
  export function anonymous(request: i32, consumer: i32): i32 {
    return host.authenticate(request, consumer, -1);
  }
}
