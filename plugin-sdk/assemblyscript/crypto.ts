// Digests, tokens and secrets.
import * as host from "../src/engine/host";
import { HashAlgorithm } from "./numbers";
import { first, result, second, third } from "./text";

export namespace crypto {
  export function digest(algorithm: HashAlgorithm, data: Uint8Array): Uint8Array {
    const length = host.digest(
      algorithm, data.dataStart, data.length, result.pointer, result.capacity,
    );
    return result.bytes(max(length, 0));
  }

  export function hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array {
    const length = host.hmac(
      algorithm, key.dataStart, key.length, data.dataStart, data.length, result.pointer,
      result.capacity,
    );
    return result.bytes(max(length, 0));
  }

  /** In a time that depends on the lengths alone. */
  export function equal(left: Uint8Array, right: Uint8Array): bool {
    return (
      host.bytes_equal(left.dataStart, left.length, right.dataStart, right.length) === 1
    );
  }

  /** JSON in and out, see ABI.md. Null when the host refuses the sizes. */
  export function jwtVerify(token: string, keys: string, options: string): string | null {
    set(token, keys, options);
    let length = verify();
    if (result.isTooSmallFor(length)) length = verify();
    return length < 0 ? null : result.utf8(length);
  }

  /** The same. */
  export function jwtSign(claims: string, key: string, options: string): string | null {
    set(claims, key, options);
    let length = sign();
    if (result.isTooSmallFor(length)) length = sign();
    return length < 0 ? null : result.utf8(length);
  }

  /** What the reference stands for, such as `vault://env/jwt-key`, if it is granted; 0 for no request. */
  export function secret(request: i32, reference: string): string | null {
    first.utf8(reference);
    let length = readSecret(request);
    if (result.isTooSmallFor(length)) length = readSecret(request);
    return length < 0 ? null : result.utf8(length);
  }

  function set(one: string, two: string, three: string): void {
    first.utf8(one);
    second.utf8(two);
    third.utf8(three);
  }

  function verify(): i32 {
    return host.jwt_verify(
      first.pointer, first.length, second.pointer, second.length, third.pointer, third.length,
      result.pointer, result.capacity,
    );
  }

  function sign(): i32 {
    return host.jwt_sign(
      first.pointer, first.length, second.pointer, second.length, third.pointer, third.length,
      result.pointer, result.capacity,
    );
  }

  function readSecret(request: i32): i32 {
    return host.secret_get(
      request, first.pointer, first.length, result.pointer, result.capacity,
    );
  }
}
