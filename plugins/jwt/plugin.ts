// Authenticates clients by JSON Web Tokens, as Kong's jwt does, and by keys that an issuer publishes.
import { ConfigError, definePlugin, jwks } from "@sluice/plugin-sdk";
import type { JwksSource, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import { challengeOf, conclude, isExempt } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import { MAX_TOKEN_CHARACTERS, hideTokens, tokensOf } from "../parts/bearer.ts";
import { nameOf, readUnverified } from "../parts/claims.ts";
import { namedConsumer } from "../parts/named-consumer.ts";
import { TokenCache } from "../parts/token-cache.ts";
import { verifyByCredential } from "./credential.ts";
import { verifyByIssuer } from "./issuer.ts";
import { badToken, refusals } from "./refusals.ts";
import { config } from "./settings.ts";
import type { NamedToken, Remembered, Settings, Verified } from "./settings.ts";

/** Tokens that one entry remembers in one instance. */
const MAX_REMEMBERED = 1000;

export default definePlugin({
  name: "jwt",
  version: "1.0.0",
  priority: 1450,
  config,
  capabilities: ["consumers"],

  configure(config) {
    const places = {
      headers: config.header_names,
      query: config.uri_param_names,
      cookies: config.cookie_names,
    };
    if (places.headers.length + places.query.length + places.cookies.length === 0) {
      throw new ConfigError(
        "one of header_names, uri_param_names and cookie_names must have names, or no token is ever found",
      );
    }
    return {
      ...config,
      places,
      keys: config.jwks_uri === undefined ? undefined : jwks(config.jwks_uri),
      refusals: refusals(challengeOf("Bearer", config.realm), (...error) =>
        challengeOf("Bearer", config.realm, ...error),
      ),
      remembered: new TokenCache<Remembered>(MAX_REMEMBERED, "token"),
    };
  },

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    const { request } = ctx;
    const { places, refusals: refuse, remembered } = settings;
    const tokens = tokensOf(request, places);
    if (settings.hide_credentials && tokens.length > 0) hideTokens(request, places);
    const token = tokens[0];
    if (token === undefined) return conclude(ctx, settings, refuse.missing);
    if (tokens.length > 1) return conclude(ctx, settings, refuse.several);
    if (token.length > MAX_TOKEN_CHARACTERS) return conclude(ctx, settings, refuse.tooLong);

    const known = remembered.get(token);
    // A credential of an earlier config does not count: what it says may have changed.
    if (known !== undefined && enter(ctx, known.value)) return ctx.remember(known.untilMs);
    return check(ctx, settings, token);
  },
});

function enter({ consumers }: RequestContext, who: Remembered): boolean {
  if (who.kind === "credential") return consumers.authenticate(who.credential);
  const consumer = namedConsumer({ consumers }, who.name, ["custom_id", "username"]);
  if (consumer !== undefined) consumers.authenticateBy(who.name, consumer);
  return consumer !== undefined;
}

/** At once with the keys of a credential; those of an issuer may have to be fetched. */
function check(
  ctx: RequestContext,
  settings: Settings,
  token: string,
): RequestOutcome | Promise<RequestOutcome> {
  const { key_claim_name: claim, keys, refusals: refuse } = settings;
  const read = readUnverified(token);
  if (read === undefined) return conclude(ctx, settings, badToken(refuse, "malformed"));
  const key = read.claims[claim] ?? read.header[claim];
  if (key === undefined || key === null) return conclude(ctx, settings, refuse.noKey(claim));
  const keyName = nameOf(key);
  if (keyName === undefined) return conclude(ctx, settings, refuse.badKey(claim));
  if (keys !== undefined) return checkByIssuer(ctx, settings, { token, keyName, keys });

  const verified = verifyByCredential(ctx, settings, { token, keyName });
  return conclude(ctx, settings, welcome(ctx, settings, { token, verified }));
}

async function checkByIssuer(
  ctx: RequestContext,
  settings: Settings,
  named: NamedToken & { readonly keys: JwksSource },
): Promise<RequestOutcome> {
  const verified = await verifyByIssuer(ctx, settings, named);
  return conclude(ctx, settings, welcome(ctx, settings, { token: named.token, verified }));
}

function welcome(
  ctx: RequestContext,
  { remembered, refusals: refuse, key_claim_name: claim }: Settings,
  { token, verified }: { readonly token: string; readonly verified: Verified },
): Refusal | undefined {
  if (verified.kind === "refused") return verified.refusal;
  if (!enter(ctx, verified.who)) return refuse.nobody(claim);
  remembered.set(token, verified.who, verified.untilMs);
  return undefined;
}
