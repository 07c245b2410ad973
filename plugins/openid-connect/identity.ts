// Who a valid token stands for, and what the upstream learns of it.
import type { FoundConsumer, JwtObject, RequestContext } from "@sluice/plugin-sdk";

import { headerText, setAuthenticatedGroups } from "../parts/authenticated-groups.ts";
import { claimAt, nameOf, valuesOf } from "../parts/claims.ts";
import type { Config } from "./settings.ts";

/** An id as the log record and X-Credential-Identifier take it, in characters that are a byte each. */
const MAX_IDENTIFIER = 256;

/** False when no consumer is the token's and there has to be one. */
export function enter(ctx: RequestContext, config: Config, claims: JwtObject): boolean {
  const consumer = consumerOf(ctx, config, claims);
  if (consumer === undefined && config.consumer_claim.length > 0 && !config.consumer_optional) {
    return false;
  }
  const name = nameOf(claimAt(claims, config.credential_claim)) ?? "token";
  ctx.consumers.authenticateBy(headerText([name]).slice(0, MAX_IDENTIFIER), consumer);
  for (const [at, header] of config.upstream_headers_names.entries()) {
    const claim = claims[config.upstream_headers_claims[at] ?? ""];
    const text = textOf(claim);
    if (text === undefined) ctx.request.removeHeader(header);
    else ctx.request.setHeader(header, headerText([text]));
  }
  const groups = claimAt(claims, config.authenticated_groups_claim);
  if (groups !== undefined) setAuthenticatedGroups(ctx, valuesOf(groups));
  return true;
}

function consumerOf(
  { consumers }: RequestContext,
  { consumer_claim: path, consumer_by: fields }: Config,
  claims: JwtObject,
): FoundConsumer | undefined {
  const name = nameOf(claimAt(claims, path));
  if (name === undefined) return undefined;
  for (const field of fields) {
    const found = consumers.findBy(field, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Texts and numbers as they are, everything else as JSON; undefined for a claim that is not there. */
function textOf(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  return nameOf(claim) ?? JSON.stringify(claim);
}
