// Asks the authorization server about each bearer token (RFC 7662), with the fields of Kong Enterprise's
// oauth2-introspection.
import { definePlugin } from "@sluice/plugin-sdk";
import type { RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import { setAuthenticatedGroups } from "../parts/authenticated-groups.ts";
import { challengeOf, conclude, isExempt, unauthorized } from "../parts/authentication.ts";
import { MAX_TOKEN_CHARACTERS, hideTokens, tokensOf } from "../parts/bearer.ts";
import { claimAt, satisfies, valuesOf } from "../parts/claims.ts";
import { TokenCache } from "../parts/token-cache.ts";
import { validUntilMs } from "../parts/token-lifetime.ts";
import { enter } from "./identity.ts";
import { Introspection } from "./introspection.ts";
import type { Outcome } from "./introspection.ts";
import { authorizationOf, config } from "./settings.ts";
import type { Settings } from "./settings.ts";

/** Results that one entry remembers in one instance. */
const MAX_REMEMBERED = 1000;

const PLACES = { headers: ["authorization"], query: ["access_token"], cookies: [] } as const;

export default definePlugin({
  name: "oauth2-introspection",
  version: "1.0.0",
  priority: 1700,
  config,
  capabilities: ["consumers", "fetch"],

  configure(config) {
    const { realm } = config;
    const error = (code: string): string => challengeOf("Bearer", realm, `error="${code}"`);
    return {
      ...config,
      introspection: new Introspection(config, authorizationOf(config)),
      remembered: new TokenCache<Outcome>(MAX_REMEMBERED, "digest"),
      missing: unauthorized("Unauthorized", challengeOf("Bearer", realm)),
      several: {
        ...unauthorized("Multiple tokens provided", error("invalid_request")),
        status: 400,
      },
      invalid: unauthorized("The access token is invalid or has expired", error("invalid_token")),
      forbidden: {
        status: 403,
        message: "The access token lacks a scope",
        challenge: error("insufficient_scope"),
      },
      unavailable: {
        status: 503,
        message: "The authorization server is not available",
        isUndecided: true,
      },
    };
  },

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    const tokens = tokensOf(ctx.request, PLACES);
    if (settings.hide_credentials && tokens.length > 0) hideTokens(ctx.request, PLACES);
    const [token] = tokens;
    if (token === undefined) return conclude(ctx, settings, settings.missing);
    if (tokens.length > 1) return conclude(ctx, settings, settings.several);
    if (token.length > MAX_TOKEN_CHARACTERS) return conclude(ctx, settings, settings.invalid);
    const known = settings.remembered.get(nameOfAnswer(ctx, settings, token));
    if (known !== undefined) return judge(ctx, settings, known.value);
    return ask(ctx, settings, token);
  },
});

/** What an answer is remembered by: the token, and what else the server was told. */
function nameOfAnswer({ request }: RequestContext, settings: Settings, token: string): string {
  if (!settings.introspect_request) return token;
  return JSON.stringify([token, request.method, request.path]);
}

async function ask(
  ctx: RequestContext,
  settings: Settings,
  token: string,
): Promise<RequestOutcome> {
  const { introspection, remembered, ttl } = settings;
  const outcome = await introspection.ask(token, ctx.request);
  if (outcome.kind === "unavailable") {
    ctx.log.error("a token could not be introspected", { error: outcome.reason });
    return conclude(ctx, settings, settings.unavailable);
  }
  const claims = outcome.kind === "active" ? outcome.claims : {};
  const untilMs = validUntilMs(claims, 0, ttl * 1000);
  remembered.set(nameOfAnswer(ctx, settings, token), outcome, untilMs);
  return judge(ctx, settings, outcome);
}

function judge(ctx: RequestContext, settings: Settings, outcome: Outcome): RequestOutcome {
  if (outcome.kind !== "active") return conclude(ctx, settings, settings.invalid);
  const { claims } = outcome;
  const { exp, nbf } = claims;
  const nowS = Date.now() / 1000;
  // The server has looked at these; it may have been a while ago.
  if ((typeof exp === "number" && nowS >= exp) || (typeof nbf === "number" && nowS < nbf)) {
    return conclude(ctx, settings, settings.invalid);
  }
  if (!satisfies(settings.scopes_required, valuesOf(claims["scope"]))) {
    return conclude(ctx, settings, settings.forbidden);
  }
  if (!enter(ctx, settings, claims)) return conclude(ctx, settings, settings.invalid);
  const groups = claimAt(claims, settings.groups_claim);
  if (groups !== undefined) setAuthenticatedGroups(ctx, valuesOf(groups));
  return;
}
