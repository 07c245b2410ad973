// What the claims of a valid token must be for the client to be let in.
import type { JwtObject } from "@sluice/plugin-sdk";

import { claimAt, satisfies, valuesOf } from "../parts/claims.ts";
import type { Config } from "./settings.ts";

export function isPermitted(claims: JwtObject, config: Config): boolean {
  const rules = [
    [config.audience_required, config.audience_claim],
    [config.scopes_required, config.scopes_claim],
    [config.groups_required, config.groups_claim],
    [config.roles_required, config.roles_claim],
  ] as const;
  return rules.every(([required, path]) => satisfies(required, valuesOf(claimAt(claims, path))));
}
