// Who a valid token stands for, and what the upstream learns of it.
import { digest } from "@sluice/plugin-sdk";
import type { FoundConsumer, JwtObject, RequestContext } from "@sluice/plugin-sdk";

import { headerText, setAuthenticatedGroups } from "../parts/authenticated-groups.ts";
import { claimAt, nameOf, valuesOf } from "../parts/claims.ts";
import { credentialIdentifier, namedConsumer } from "../parts/named-consumer.ts";
import type { Config } from "./settings.ts";

/** False when no consumer is the token's and there has to be one. */
export function enter(ctx: RequestContext, config: Config, claims: JwtObject): boolean {
  const consumer = consumerOf(ctx, config, claims);
  if (consumer === undefined && config.consumer_claim.length > 0 && !config.consumer_optional) {
    return false;
  }
  const name = nameOf(claimAt(claims, config.credential_claim)) ?? nameless(claims);
  ctx.consumers.authenticateBy(credentialIdentifier(name), consumer);
  for (const [at, header] of config.upstream_headers_names.entries()) {
    const claim = claims[config.upstream_headers_claims[at] ?? ""];
    const text = textOf(claim);
    if (text !== undefined) ctx.request.setHeader(header, headerText([text]));
  }
  const groups = claimAt(claims, config.authenticated_groups_claim);
  if (groups !== undefined) setAuthenticatedGroups(ctx, valuesOf(groups));
  return true;
}

/** Nobody else's, so that what is counted or kept by credential is not shared by all who have no name. */
function nameless(claims: JwtObject): string {
  return `token:${digest("SHA-256", JSON.stringify(claims), "base64url")}`;
}

function consumerOf(
  ctx: RequestContext,
  { consumer_claim: path, consumer_by: fields }: Config,
  claims: JwtObject,
): FoundConsumer | undefined {
  const name = nameOf(claimAt(claims, path));
  if (name === undefined) return undefined;
  return namedConsumer(ctx, name, fields);
}

/** Texts and numbers as they are, everything else as JSON; undefined for a claim that is not there. */
function textOf(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  return nameOf(claim) ?? JSON.stringify(claim);
}
