// Who a token that is active stands for, and what the upstream learns of it.
import { digest } from "@sluice/plugin-sdk";
import type { FoundConsumer, JwtObject, RequestContext } from "@sluice/plugin-sdk";

import { headerText } from "../parts/authenticated-groups.ts";
import { nameOf, valuesOf } from "../parts/claims.ts";
import type { Settings } from "./settings.ts";

/** Kong's headers, after X-Credential-, and the claims that they tell. */
const HEADERS: readonly (readonly [header: string, claim: string])[] = [
  ["Scope", "scope"],
  ["Client-ID", "client_id"],
  ["Token-Type", "token_type"],
  ["Exp", "exp"],
  ["Iat", "iat"],
  ["Nbf", "nbf"],
  ["Sub", "sub"],
  ["Aud", "aud"],
  ["Iss", "iss"],
  ["Jti", "jti"],
];

/** An id as the log record and X-Credential-Identifier take it, bytes. */
const MAX_IDENTIFIER = 256;

/** False when the token is nobody's and that is not enough. */
export function enter(ctx: RequestContext, settings: Settings, claims: JwtObject): boolean {
  const consumer = consumerOf(ctx, settings, claims);
  if (consumer === undefined && !settings.consumer_optional) return false;
  const id = nameOf(claims["username"]) ?? nameOf(claims["sub"]) ?? nameOf(claims["client_id"]);
  ctx.consumers.authenticateBy(clipped(id ?? nameless(claims)), consumer);
  for (const [header, claim] of HEADERS) tell(ctx, header, claims[claim]);
  for (const claim of settings.custom_claims_forward) tell(ctx, claim, claims[claim]);
  return true;
}

/** Nobody else's, so that what is counted or kept by credential is not shared by all who have no name. */
function nameless(claims: JwtObject): string {
  return `token:${digest("SHA-256", JSON.stringify(claims), "base64url")}`;
}

/** Kong's rule: an OAuth 2.0 username is that of a consumer, a client id the custom id of one. */
function consumerOf(
  { consumers }: RequestContext,
  settings: Settings,
  claims: JwtObject,
): FoundConsumer | undefined {
  if (settings.consumer_by === "username") {
    const username = nameOf(claims["username"]);
    return username === undefined ? undefined : consumers.findBy("username", username);
  }
  const clientId = nameOf(claims["client_id"]);
  return clientId === undefined ? undefined : consumers.findBy("custom_id", clientId);
}

function tell({ request }: RequestContext, header: string, claim: unknown): void {
  const values = Array.isArray(claim) ? valuesOf(claim) : [nameOf(claim) ?? ""];
  const text = headerText(values);
  // Identifier is the gateway's own word.
  if (text === "" || header.toLowerCase() === "identifier") return;
  request.setHeader(`X-Credential-${header}`, text);
}

/** At most so many bytes of UTF-8, whole characters. */
function clipped(id: string): string {
  let text = id.slice(0, MAX_IDENTIFIER);
  while (new TextEncoder().encode(text).length > MAX_IDENTIFIER) text = text.slice(0, -1);
  return text;
}
