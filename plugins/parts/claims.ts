// Claims of tokens: what an unverified one says of itself, and how Kong names claims inside of others.
import type { JwtObject } from "@sluice/plugin-sdk";

import { MAX_TOKEN_CHARACTERS } from "./bearer.ts";
import { isJsonObject, parseJsonObject } from "./json-object.ts";
import { bytesOfLatin1 } from "./latin1.ts";

export interface UnverifiedToken {
  readonly header: JwtObject;
  readonly claims: JwtObject;
}

/** Says only which key to look for: nothing of it is true before the signature was checked. Undefined for no JWT. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  const [first = "", second = "", ...rest] = token.split(".", 4);
  if (rest.length !== 1) return undefined;
  const header = objectOf(first);
  const claims = objectOf(second);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

function objectOf(base64url: string): JwtObject | undefined {
  try {
    const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    return parseJsonObject(new TextDecoder().decode(bytesOfLatin1(binary)));
  } catch {
    return undefined;
  }
}

/** The claim at the end of the path, such as `["realm_access", "roles"]`; undefined for an empty path. */
export function claimAt(claims: JwtObject, path: readonly string[]): unknown {
  if (path.length === 0) return undefined;
  let value: unknown = claims;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** A claim that names somebody: a text that is not empty, or a number as text. */
export function nameOf(claim: unknown): string | undefined {
  if (typeof claim === "number" && Number.isFinite(claim)) return String(claim);
  return typeof claim === "string" && claim !== "" ? claim : undefined;
}

/** Values of a claim that holds several: a list of texts, or one text with spaces (RFC 8693 §4.2). */
export function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === "string") return claim.split(" ").filter((each) => each !== "");
  return Array.isArray(claim) ? claim.filter((each) => typeof each === "string") : [];
}

/** Kong's rule for `…_required`: one of the texts is enough, and all words of that one must be there. */
export function satisfies(required: readonly string[], given: readonly string[]): boolean {
  if (required.length === 0) return true;
  return required.some((text) => valuesOf(text).every((word) => given.includes(word)));
}
