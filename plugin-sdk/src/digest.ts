// Digests, MACs and comparison of secrets, which the gateway computes.
import { HashAlgorithm } from "./abi.ts";
import { moduleHost } from "./module-host.ts";

/** As in Web Cryptography, and MD5 for old protocols: it protects nothing. */
export type DigestAlgorithm = "SHA-256" | "SHA-384" | "SHA-512" | "SHA-1" | "MD5";

/** How bytes are written as text; `base64url` has no padding. */
export type ByteEncoding = "hex" | "base64" | "base64url";

/** Text counts as its UTF-8. At most 1 MiB. */
export type BytesOrText = string | Uint8Array;

/** The digest of data, as bytes or, with an encoding, as text. */
export function digest(algorithm: DigestAlgorithm, data: BytesOrText): Uint8Array<ArrayBuffer>;
export function digest(
  algorithm: DigestAlgorithm,
  data: BytesOrText,
  encoding: ByteEncoding,
): string;
export function digest(
  algorithm: DigestAlgorithm,
  data: BytesOrText,
  encoding?: ByteEncoding,
): Uint8Array<ArrayBuffer> | string {
  const bytes = bytesOf(data);
  const result = moduleHost().digest(numberOf(algorithm), padded(bytes), bytes.length);
  return encode(checked(result, algorithm), encoding);
}

/** HMAC (RFC 2104) of data. Compare one with {@link timingSafeEqual}, never with `===`. */
export function hmac(
  algorithm: DigestAlgorithm,
  key: BytesOrText,
  data: BytesOrText,
): Uint8Array<ArrayBuffer>;
export function hmac(
  algorithm: DigestAlgorithm,
  key: BytesOrText,
  data: BytesOrText,
  encoding: ByteEncoding,
): string;
export function hmac(
  algorithm: DigestAlgorithm,
  key: BytesOrText,
  data: BytesOrText,
  encoding?: ByteEncoding,
): Uint8Array<ArrayBuffer> | string {
  const bytes = bytesOf(data);
  const keyBytes = bytesOf(key);
  const result = moduleHost().hmac(
    numberOf(algorithm),
    padded(keyBytes),
    keyBytes.length,
    padded(bytes),
    bytes.length,
  );
  return encode(checked(result, algorithm), encoding);
}

/** Whether two secrets are the same, in a time that tells nothing but whether their lengths are. */
export function timingSafeEqual(left: BytesOrText, right: BytesOrText): boolean {
  const [a, b] = [bytesOf(left), bytesOf(right)];
  if (a.length === 0 || b.length === 0) return a.length === b.length;
  return moduleHost().bytesEqual(a, b) === 1;
}

const NUMBERS: Readonly<Record<string, number>> = {
  "SHA-256": HashAlgorithm.sha256,
  "SHA-384": HashAlgorithm.sha384,
  "SHA-512": HashAlgorithm.sha512,
  "SHA-1": HashAlgorithm.sha1,
  MD5: HashAlgorithm.md5,
};

function numberOf(algorithm: DigestAlgorithm): number {
  const number = NUMBERS[algorithm];
  if (number !== undefined) return number;
  throw new TypeError(`Expected one of ${Object.keys(NUMBERS).join(", ")}, not ${algorithm}`);
}

let encoder: TextEncoder | undefined;

function bytesOf(data: BytesOrText): Uint8Array {
  return typeof data === "string" ? (encoder ??= new TextEncoder()).encode(data) : data;
}

/** What has no bytes has no address either. */
function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? new Uint8Array(1) : bytes;
}

function checked(
  result: Uint8Array<ArrayBuffer> | number,
  algorithm: string,
): Uint8Array<ArrayBuffer> {
  if (typeof result !== "number") return result;
  throw new RangeError(`The data for ${algorithm} is over a limit of the gateway`);
}

/** ECMAScript's own, newer than the types that plugins are checked with. */
interface EncodableBytes {
  toHex(): string;
  toBase64(options: { alphabet: "base64" | "base64url"; omitPadding: boolean }): string;
}

function encode(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: ByteEncoding | undefined,
): Uint8Array<ArrayBuffer> | string {
  if (encoding === undefined) return bytes;
  const encodable = bytes as unknown as EncodableBytes; // Every engine of ours has both methods.
  if (encoding === "hex") return encodable.toHex();
  return encodable.toBase64({ alphabet: encoding, omitPadding: encoding === "base64url" });
}
