// Tokens that are signed with the key of a credential in the config: the credential says which algorithm, never the
// token (RFC 8725 §3.1).
import { jwt } from "@sluice/plugin-sdk";
import type { JwtAlgorithmName, JwtKey, RequestContext } from "@sluice/plugin-sdk";

import type { Refusal } from "../parts/authentication.ts";
import { bytesOfLatin1 } from "../parts/latin1.ts";
import { isTooFarAhead, validUntilMs } from "../parts/token-lifetime.ts";
import { badToken } from "./refusals.ts";
import type { NamedToken, Settings, Verified } from "./settings.ts";

/** A token without exp is looked at again so often, ms. */
const MAX_REMEMBERED_MS = 3_600_000;

export function verifyByCredential(
  { consumers }: RequestContext,
  settings: Settings,
  { token, keyName }: NamedToken,
): Verified {
  const { refusals: refuse, audiences, issuer, clock_skew_seconds: clockSkewS } = settings;
  const credential = consumers.findCredential("jwt_secrets", keyName);
  if (credential === undefined) return refused(refuse.nobody(settings.key_claim_name));
  const fields = consumers.credential(credential);
  const algorithm = fields["algorithm"] as JwtAlgorithmName; // The gateway's config has no others.
  const verifier = algorithm.startsWith("HS")
    ? secretKey(String(fields["secret"]), settings.secret_is_base64)
    : { pem: String(fields["rsa_public_key"]) };
  if (verifier === undefined) return refused(refuse.because("Invalid key/secret"));
  const result = jwt.verify(token, verifier, {
    algorithms: [algorithm],
    required: settings.claims_to_verify,
    clockSkewS,
    ...(issuer !== undefined && { issuer }),
    ...(audiences.length > 0 && { audience: audiences }),
  });
  if (!result.valid) return refused(badToken(refuse, result.reason));
  if (isTooFarAhead(result.payload, settings.maximum_expiration))
    return refused(refuse.tooFarAhead);
  return {
    kind: "verified",
    who: { kind: "credential", credential },
    untilMs: validUntilMs(result.payload, clockSkewS, MAX_REMEMBERED_MS),
  };
}

function refused(refusal: Refusal): Verified {
  return { kind: "refused", refusal };
}

function secretKey(secret: string, isBase64: boolean): JwtKey | undefined {
  if (!isBase64) return { secret };
  try {
    const bytes = bytesOfLatin1(atob(secret));
    return bytes.length === 0 ? undefined : { secret: bytes };
  } catch {
    return undefined;
  }
}
