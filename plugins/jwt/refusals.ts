// Kong's words for what is wrong with a token.
import type { JwtFailure } from "@sluice/plugin-sdk";

import { unauthorized } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";

export interface Refusals {
  readonly missing: Refusal;
  readonly several: Refusal;
  readonly tooLong: Refusal;
  readonly tooFarAhead: Refusal;
  /** The issuer's keys cannot be had. */
  readonly noKeys: Refusal;
  noKey(claim: string): Refusal;
  badKey(claim: string): Refusal;
  nobody(claim: string): Refusal;
  /** A message of its own. */
  because(message: string): Refusal;
  /** Kong answers faults of claims with the claim alone. */
  claim(name: string, fault: string): Refusal;
}

const INVALID_TOKEN = 'error="invalid_token"';

/** `plain` is the challenge for a client that sent nothing; `withError` adds parameters to it (RFC 6750 §3). */
export function refusals(plain: string, withError: (...error: string[]) => string): Refusals {
  const challenge = withError(INVALID_TOKEN);
  const because = (message: string): Refusal => unauthorized(message, challenge);
  const claim = (name: string, fault: string): Refusal => ({
    ...because(fault),
    body: { [name]: fault },
  });
  return {
    missing: unauthorized("Unauthorized", plain),
    several: because("Multiple tokens provided"),
    tooLong: because("Bad token; too long"),
    tooFarAhead: claim("exp", "exceeds maximum allowed expiration"),
    noKeys: { status: 503, message: "The keys of the issuer are not available", isUndecided: true },
    noKey: (name) => because(`No mandatory '${name}' in claims`),
    badKey: (name) => because(`Invalid '${name}' in claims`),
    nobody: (name) => because(`No credentials found for given '${name}'`),
    because,
    claim,
  };
}

export function badToken(refuse: Refusals, reason: JwtFailure): Refusal {
  switch (reason) {
    case "malformed":
    case "unsupported_header":
      return refuse.because("Bad token; invalid JSON");
    case "algorithm_not_allowed":
      return refuse.because("Invalid algorithm");
    case "unknown_key":
    case "ambiguous_key":
    case "bad_signature":
      return refuse.because("Invalid signature");
    case "expired":
      return refuse.claim("exp", "token expired");
    case "not_yet_valid":
      return refuse.claim("nbf", "token not valid yet");
    case "issued_in_future":
      return refuse.claim("iat", "token not valid yet");
    case "bad_claim":
    case "missing_claim":
      return refuse.claim("exp", "must be a number");
    case "wrong_issuer":
      return refuse.claim("iss", "is not the issuer");
    case "wrong_audience":
      return refuse.claim("aud", "is not the audience");
  }
}
