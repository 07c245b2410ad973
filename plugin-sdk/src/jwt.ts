// JSON Web Tokens for plugins; the gateway verifies and signs (RFC 7519, RFC 8725).
import type { JwtFailure } from "./jwt-types.ts";
import { moduleHost } from "./module-host.ts";

export type JwtAlgorithmName =
  | `HS${256 | 384 | 512}`
  | `RS${256 | 384 | 512}`
  | `PS${256 | 384 | 512}`
  | `ES${256 | 384 | 512}`
  | "EdDSA"
  | "Ed25519";

/** RFC 7517. Only `kty` and what it needs, `kid`, `alg`, `use` and `key_ops` are looked at. */
export interface Jwk {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly [member: string]: unknown;
}

/**
 * What one signs or verifies with. A key works for the algorithms of its own kind only: RSA for RS and PS, a curve for
 * its ES or EdDSA, a secret for HS.
 */
export type JwtKey =
  | Jwk
  /** A public key or certificate to verify with, a private key to sign with. */
  | { readonly pem: string; readonly kid?: string; readonly alg?: JwtAlgorithmName }
  /** Text counts as its UTF-8. */
  | { readonly secret: string | Uint8Array; readonly kid?: string };

/** RFC 7517 §5: of several keys the token's `kid` chooses; a token without one is tried with all that fit. */
export interface Jwks {
  readonly keys: readonly Jwk[];
}

export interface JwtVerifyOptions {
  /** What the token's `alg` may be; at least one. */
  readonly algorithms: readonly JwtAlgorithmName[];
  /** What `iss` must be, or one of which it must be. */
  readonly issuer?: string | readonly string[];
  /** `aud` must name it, or one of them. */
  readonly audience?: string | readonly string[];
  /** Claims that must be there, such as `exp`. */
  readonly required?: readonly string[];
  /** How far the clocks may differ, seconds; 0 by default. */
  readonly clockSkewS?: number;
  /** Instead of the gateway's clock, seconds since 1970. */
  readonly nowS?: number;
}

export interface JwtSignOptions {
  readonly algorithm: JwtAlgorithmName;
  /** Sets `iat` to now and `exp` that many seconds later, unless the claims have them. */
  readonly expiresInS?: number;
  /** Instead of the key's own. */
  readonly kid?: string;
  /** `JWT` by default. */
  readonly typ?: string;
  /** Further members of the token's header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** Claims and others; which type each has is the issuer's word. */
export type JwtObject = Readonly<Record<string, unknown>>;

export type JwtResult =
  | { readonly valid: true; readonly header: JwtObject; readonly payload: JwtObject }
  | { readonly valid: false; readonly reason: JwtFailure };

export const jwt = {
  /**
   * Checks signature, algorithm, exp, nbf and iat, and what the options ask for. A bad token is a result; throws
   * TypeError for keys or options that make no sense.
   */
  verify(token: string, keys: JwtKey | Jwks, options: JwtVerifyOptions): JwtResult {
    return verifyWith(token, keyText(keys), options);
  },

  /** A token with these claims. Throws TypeError when the key does not go with the algorithm. */
  sign(claims: JwtObject, key: JwtKey, options: JwtSignOptions): string {
    const { expiresInS, ...others } = options;
    const dated = expiresInS === undefined ? claims : { ...lifetime(expiresInS), ...claims };
    const answer = moduleHost().jwtSign(
      JSON.stringify(dated),
      keyText(key),
      JSON.stringify(others),
    );
    return answerOf<{ readonly token: string }>(answer).token;
  },
} as const;

function lifetime(expiresInS: number): { iat: number; exp: number } {
  const iat = Math.floor(Date.now() / 1000);
  return { iat, exp: iat + expiresInS };
}

/** `keys` is their JSON. */
export function verifyWith(token: string, keys: string, options: JwtVerifyOptions): JwtResult {
  const { clockSkewS, nowS, ...others } = options;
  const given = JSON.stringify({ ...others, clock_skew_s: clockSkewS, now_s: nowS });
  return answerOf<JwtResult>(moduleHost().jwtVerify(token, keys, given));
}

function keyText(keys: JwtKey | Jwks): string {
  return JSON.stringify(withoutBytes(keys));
}

function withoutBytes(keys: JwtKey | Jwks): unknown {
  const { secret, kid } = keys as { readonly secret?: unknown; readonly kid?: unknown };
  if (!(secret instanceof Uint8Array)) return keys;
  return { kty: "oct", k: base64url(secret), kid };
}

function base64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function answerOf<Answer>(text: string | undefined | number): Answer {
  if (typeof text !== "string") throw new RangeError("The token or its keys are too long");
  // ABI.md says what it is.
  const answer = JSON.parse(text) as Answer | { readonly error: string };
  if (typeof answer === "object" && answer !== null && "error" in answer) {
    throw new TypeError(String(answer.error));
  }
  return answer as Answer;
}
