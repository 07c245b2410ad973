// Verifies and signs JSON Web Tokens (RFC 7519, with the advice of RFC 8725) for plugins. What a token's own header
// names as keys (jku, x5u, jwk, x5c) is never looked at.
import { MAX_TOKEN_LENGTH, isJsonObject, readCompactJws, readJsonObject } from "./compact-jws.ts";
import type { CompactJws, JsonObject } from "./compact-jws.ts";
import type { JwtAlgorithm } from "./jwt-algorithms.ts";
import type { JwtKeyCache } from "./jwt-key-cache.ts";
import { BadJwtInput } from "./jwt-keys.ts";
import type { JwtKey, JwtKeys } from "./jwt-keys.ts";
import { readSignOptions, readVerifyOptions } from "./jwt-options.ts";
import type { VerifyOptions } from "./jwt-options.ts";
import type { JwtFailure } from "../jwt-types.ts";

/** As the ABI gives it; `error` is a mistake of the plugin's author, not of the token. */
export type JwtVerification =
  | { readonly valid: true; readonly header: JsonObject; readonly payload: JsonObject }
  | { readonly valid: false; readonly reason: JwtFailure }
  | { readonly error: string };

export type JwtSignature = { readonly token: string } | { readonly error: string };

export interface VerifyInput {
  readonly token: string;
  /** JSON, see ABI.md. */
  readonly keys: string;
  readonly options: string;
}

/** `nowMs` since 1970. */
export function verifyJwt(input: VerifyInput, cache: JwtKeyCache, nowMs: number): JwtVerification {
  try {
    const options = readVerifyOptions(input.options, nowMs);
    const keys = cache.get(input.keys, "verify");
    const outcome = verify(input.token, keys, options);
    return typeof outcome === "string" ? { valid: false, reason: outcome } : outcome;
  } catch (error) {
    if (error instanceof BadJwtInput) return { error: error.message };
    throw error;
  }
}

function verify(
  token: string,
  keys: JwtKeys,
  options: VerifyOptions,
): Extract<JwtVerification, { readonly valid: true }> | JwtFailure {
  const jws = readCompactJws(token);
  if (jws === undefined) return "malformed";
  const { header } = jws;
  // None is understood here, and what is not understood must be refused (RFC 7515 §4.1.11). `b64` and `zip` would
  // change what the payload is.
  if ("crit" in header || "zip" in header || header["b64"] === false) return "unsupported_header";
  const algorithm = options.algorithms.find(({ name }) => name === header["alg"]);
  if (algorithm === undefined) return "algorithm_not_allowed";
  const { kid } = header;
  if (kid !== undefined && typeof kid !== "string") return "malformed";
  const candidates = candidatesOf(keys, algorithm, kid);
  if (candidates.length === 0) return "unknown_key";
  // Two keys of one name: whoever can add a key to the set must not take over another's name (J4).
  if (kid !== undefined && candidates.length > 1) return "ambiguous_key";
  if (!candidates.some((key) => isSignedBy(jws, algorithm, key))) return "bad_signature";
  const payload = readJsonObject(jws.payload);
  if (payload === undefined) return "malformed";
  return faultOfClaims(payload, options) ?? { valid: true, header, payload };
}

function candidatesOf(
  { keys, isSet }: JwtKeys,
  algorithm: JwtAlgorithm,
  kid: string | undefined,
): JwtKey[] {
  return keys.filter(
    (key) =>
      key.kind === algorithm.keyKind &&
      (key.algorithm === undefined || key.algorithm === algorithm.name) &&
      (kid === undefined || key.keyId === kid || (!isSet && key.keyId === undefined)),
  );
}

function isSignedBy({ signed, signature }: CompactJws, by: JwtAlgorithm, { key }: JwtKey): boolean {
  try {
    return by.verify(signed, key, signature);
  } catch {
    // A signature that cannot be one for this key, such as one that is too long.
    return false;
  }
}

function faultOfClaims(claims: JsonObject, options: VerifyOptions): JwtFailure | undefined {
  const { nowS, clockSkewS, issuers, audiences, required } = options;
  const { exp, nbf, iat, iss, aud } = claims;
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return "bad_claim";
  if (exp !== undefined && nowS >= exp + clockSkewS) return "expired";
  if (nbf !== undefined && nowS < nbf - clockSkewS) return "not_yet_valid";
  if (iat !== undefined && nowS < iat - clockSkewS) return "issued_in_future";
  if (issuers !== undefined && !(typeof iss === "string" && issuers.includes(iss))) {
    return "wrong_issuer";
  }
  const intended: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences !== undefined && !audiences.some((each) => intended.includes(each))) {
    return "wrong_audience";
  }
  return required.every((name) => Object.hasOwn(claims, name)) ? undefined : "missing_claim";
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && Number.isFinite(value));
}

export interface SignInput {
  /** JSON. */
  readonly claims: string;
  readonly key: string;
  readonly options: string;
}

export function signJwt({ claims, key, options }: SignInput, cache: JwtKeyCache): JwtSignature {
  try {
    const { algorithm, header } = readSignOptions(options);
    const { keys, isSet } = cache.get(key, "sign");
    const [fitting] = keys.filter(
      (each) =>
        each.kind === algorithm.keyKind &&
        (each.algorithm === undefined || each.algorithm === algorithm.name),
    );
    if (isSet || fitting === undefined) {
      throw new BadJwtInput(`keys: expected one key for ${algorithm.name}`);
    }
    checkClaims(claims);
    const { keyId } = fitting;
    const complete = { alg: algorithm.name, ...(keyId !== undefined && { kid: keyId }), ...header };
    const signed = `${base64url(JSON.stringify(complete))}.${base64url(claims)}`;
    const signature = algorithm.sign(Buffer.from(signed), fitting.key);
    const token = `${signed}.${signature.toString("base64url")}`;
    if (token.length > MAX_TOKEN_LENGTH) throw new BadJwtInput("claims: too long for a token");
    return { token };
  } catch (error) {
    if (error instanceof BadJwtInput) return { error: error.message };
    throw error;
  }
}

function checkClaims(text: string): void {
  try {
    if (isJsonObject(JSON.parse(text))) return;
  } catch {
    // As what is no object.
  }
  throw new BadJwtInput("claims: expected an object");
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
