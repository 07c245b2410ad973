// Digests and MACs by the ABI's numbers, for every host of plugins: the gateway and what tests run them in.
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { HashAlgorithm } from "../abi.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [HashAlgorithm.sha256, "sha256"],
  [HashAlgorithm.sha384, "sha384"],
  [HashAlgorithm.sha512, "sha512"],
  [HashAlgorithm.sha1, "sha1"],
  [HashAlgorithm.md5, "md5"],
]);

/** Undefined for an unknown algorithm. */
export function digestOf(algorithm: number, data: Uint8Array): Buffer | undefined {
  const name = NAMES.get(algorithm);
  return name === undefined ? undefined : hash(name, data, "buffer");
}

/** RFC 2104. Undefined for an unknown algorithm. */
export function hmacOf(algorithm: number, key: Uint8Array, data: Uint8Array): Buffer | undefined {
  const name = NAMES.get(algorithm);
  return name === undefined ? undefined : createHmac(name, key).update(data).digest();
}

/** In a time that depends on the lengths alone. */
export function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
