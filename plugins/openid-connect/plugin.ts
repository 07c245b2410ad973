// Authenticates clients by bearer tokens of an OpenID provider, with the fields of Kong Enterprise's openid-connect.
import { ConfigError, definePlugin } from "@sluice/plugin-sdk";
import type { JwtResult, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import { challengeOf, conclude, isExempt, unauthorized } from "../parts/authentication.ts";
import { MAX_TOKEN_CHARACTERS, hideTokens, tokensOf } from "../parts/bearer.ts";
import type { TokenPlaces } from "../parts/bearer.ts";
import { changeableName } from "../parts/header-names.ts";
import { ownHeaders } from "../parts/own-headers.ts";
import { TokenCache } from "../parts/token-cache.ts";
import { isTooFarAhead } from "../parts/token-lifetime.ts";
import { isPermitted } from "./claims-rules.ts";
import { enter } from "./identity.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { config } from "./settings.ts";
import type { Config, Settings, Verified } from "./settings.ts";

/** Tokens that one entry remembers in one instance. */
const MAX_REMEMBERED = 1000;

export default definePlugin({
  name: "openid-connect",
  version: "1.0.0",
  priority: 1050,
  config,
  capabilities: ["consumers", "fetch"],

  configure(config) {
    const { realm, unauthorized_error_message: message } = config;
    if (config.upstream_headers_claims.length !== config.upstream_headers_names.length) {
      throw new ConfigError("upstream_headers_claims and upstream_headers_names must go in pairs");
    }
    for (const [at, name] of config.upstream_headers_names.entries()) {
      changeableName(name, `upstream_headers_names[${at}]`);
    }
    return {
      ...config,
      places: placesOf(config),
      own: ownHeaders(config.upstream_headers_names),
      keys: new IssuerKeys(config),
      remembered: new TokenCache<Verified>(MAX_REMEMBERED, "token"),
      missing: unauthorized(message, challengeOf("Bearer", realm)),
      invalid: unauthorized(message, challengeOf("Bearer", realm, 'error="invalid_token"')),
      forbidden: {
        status: 403,
        message: config.forbidden_error_message,
        challenge: challengeOf("Bearer", realm, 'error="insufficient_scope"'),
      },
      unavailable: {
        status: 503,
        message: "The OpenID provider is not available",
        isUndecided: true,
      },
    };
  },

  onRequest(ctx, settings) {
    // Also of whom nobody authenticates: only a claim says what these are.
    settings.own.clear(ctx.request);
    if (isExempt(ctx, settings)) return;
    const tokens = tokensOf(ctx.request, settings.places);
    if (settings.hide_credentials && tokens.length > 0) hideTokens(ctx.request, settings.places);
    const [token] = tokens;
    if (token === undefined) return conclude(ctx, settings, settings.missing);
    if (tokens.length > 1 || token.length > MAX_TOKEN_CHARACTERS) {
      return conclude(ctx, settings, settings.invalid);
    }
    const known = settings.remembered.get(token);
    return known === undefined ? check(ctx, settings, token) : judge(ctx, settings, known.value);
  },
});

function placesOf(config: Config): TokenPlaces {
  const types = config.bearer_token_param_type;
  const { bearer_token_cookie_name: cookie } = config;
  if (types.includes("cookie") !== (cookie !== undefined)) {
    throw new ConfigError(
      "bearer_token_param_type cookie and bearer_token_cookie_name go together",
    );
  }
  return {
    headers: types.includes("header") ? ["authorization"] : [],
    query: types.includes("query") ? [config.bearer_token_query_param_name] : [],
    cookies: cookie === undefined ? [] : [cookie],
  };
}

async function check(
  ctx: RequestContext,
  settings: Settings,
  token: string,
): Promise<RequestOutcome> {
  let result: JwtResult;
  try {
    result = await settings.keys.verify(token);
  } catch (error) {
    // The client cannot help it, and must not be let in as somebody else for it.
    ctx.log.error("no keys to check tokens with", { error: String(error) });
    return conclude(ctx, settings, settings.unavailable);
  }
  if (!result.valid || isTooFarAhead(result.payload, settings.maximum_expiration)) {
    ctx.log.debug("a token was refused", { reason: result.valid ? "exp" : result.reason });
    return conclude(ctx, settings, settings.invalid);
  }
  const verified = { claims: result.payload };
  settings.remembered.set(token, verified, untilMs(verified, settings));
  return judge(ctx, settings, verified);
}

/** No longer than keys count as fresh, so that one which the provider withdraws is soon worth nothing. */
function untilMs({ claims }: Verified, { leeway, cache_ttl }: Settings): number {
  return Math.min((Number(claims["exp"]) + leeway) * 1000, Date.now() + cache_ttl * 1000);
}

function judge(ctx: RequestContext, settings: Settings, { claims }: Verified): RequestOutcome {
  if (!isPermitted(claims, settings) || !enter(ctx, settings, claims)) {
    return conclude(ctx, settings, settings.forbidden);
  }
  return;
}
