// Tokens that are signed with a key that their issuer publishes.
import type { JwksSource, RequestContext } from "@sluice/plugin-sdk";

import { isTooFarAhead, validUntilMs } from "../parts/token-lifetime.ts";
import { badToken } from "./refusals.ts";
import type { NamedToken, Settings, Verified } from "./settings.ts";

/** No longer than keys count as fresh, so that one which the issuer withdraws is soon worth nothing. */
const MAX_REMEMBERED_MS = 600_000;

export async function verifyByIssuer(
  ctx: RequestContext,
  settings: Settings,
  { token, keyName, keys }: NamedToken & { readonly keys: JwksSource },
): Promise<Verified> {
  const { refusals: refuse, audiences, issuer, clock_skew_seconds: clockSkewS } = settings;
  try {
    const result = await keys.verify(token, {
      algorithms: settings.algorithms,
      required: settings.claims_to_verify,
      clockSkewS,
      ...(issuer !== undefined && { issuer }),
      ...(audiences.length > 0 && { audience: audiences }),
    });
    if (!result.valid) return { kind: "refused", refusal: badToken(refuse, result.reason) };
    if (isTooFarAhead(result.payload, settings.maximum_expiration)) {
      return { kind: "refused", refusal: refuse.tooFarAhead };
    }
    return {
      kind: "verified",
      who: { kind: "issuer", name: keyName },
      untilMs: validUntilMs(result.payload, clockSkewS, MAX_REMEMBERED_MS),
    };
  } catch (error) {
    // The client cannot help it, and must not be let in as somebody else for it.
    ctx.log.error("no keys to check tokens with", { error: String(error) });
    return { kind: "refused", refusal: refuse.noKeys };
  }
}
