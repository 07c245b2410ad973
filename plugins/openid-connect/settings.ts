// The config of openid-connect, and what it becomes.
import { s } from "@sluice/plugin-sdk";
import type { Infer, JwtObject } from "@sluice/plugin-sdk";

import { authenticationFields, realmField } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import type { TokenPlaces } from "../parts/bearer.ts";
import type { OwnHeaders } from "../parts/own-headers.ts";
import type { TokenCache } from "../parts/token-cache.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

const ALGORITHMS = [
  ...(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] as const),
  ...(["PS256", "PS384", "PS512", "EdDSA", "Ed25519"] as const),
] as const;

const path = s.array(s.string().nonEmpty());
const required = s.array(s.string().nonEmpty()).default([]);
const parameterName = s
  .string()
  .pattern(/^[\w!#$%&'*+.^`|~-]+$/)
  .namesCredential();
const headerName = s.string().pattern(/^[\w!#$%&'*+.^`|~-]+$/);

export const config = s.object({
  issuer: s.url().endpoint().describe("The provider's identifier, or the URL of its document."),
  issuers_allowed: s
    .array(s.string().nonEmpty())
    .default([])
    .describe("What iss may be, when it is not the issuer of the document."),
  auth_methods: s
    .array(s.enum(["bearer"]))
    .nonEmpty()
    .default(["bearer"]),
  bearer_token_param_type: s
    .array(s.enum(["header", "query", "cookie"]))
    .nonEmpty()
    .default(["header", "query"]),
  bearer_token_query_param_name: parameterName.default("access_token"),
  bearer_token_cookie_name: parameterName.optional(),
  algorithms: s
    .array(s.enum(ALGORITHMS))
    .nonEmpty()
    .default([...ALGORITHMS])
    .describe("What tokens may be signed with."),
  audience_claim: path.default(["aud"]),
  audience_required: required,
  scopes_claim: path.default(["scope"]),
  scopes_required: required,
  groups_claim: path.default(["groups"]),
  groups_required: required,
  roles_claim: path.default(["roles"]),
  roles_required: required,
  consumer_claim: path.default([]).describe("Path of the claim that names the consumer."),
  consumer_by: s
    .array(s.enum(["id", "username", "custom_id"]))
    .nonEmpty()
    .default(["username", "custom_id"]),
  consumer_optional: s.boolean().default(false),
  credential_claim: path.nonEmpty().default(["sub"]).describe("Names the credential."),
  authenticated_groups_claim: path.default([]).describe("Groups for acl."),
  upstream_headers_claims: s.array(s.string().nonEmpty()).default([]),
  upstream_headers_names: s.array(headerName).default([]),
  hide_credentials: s.boolean().default(false).describe("Keeps the token from the upstream."),
  ...authenticationFields,
  realm: realmField.optional(),
  leeway: s.number().min(0).max(300).default(0).describe("How far clocks may differ, seconds."),
  maximum_expiration: s.number().min(0).default(0).describe("How far ahead exp may be, seconds."),
  timeout: s.integer().min(1).max(60_000).default(10_000).describe("For one answer, ms."),
  cache_ttl: s
    .number()
    .min(0)
    .max(86_400)
    .default(600)
    .describe("How long document, keys and results count as fresh, seconds."),
  rediscovery_lifetime: s
    .number()
    .min(0)
    .max(86_400)
    .default(30)
    .describe("Between two attempts to get newer keys, seconds."),
  unauthorized_error_message: s.string().nonEmpty().default("Unauthorized"),
  forbidden_error_message: s.string().nonEmpty().default("Forbidden"),
});

export type Config = Infer<typeof config>;

/** What is kept of a valid token. */
export interface Verified {
  readonly claims: JwtObject;
}

export interface Settings extends Config {
  readonly places: TokenPlaces;
  /** Those of upstream_headers_names. */
  readonly own: OwnHeaders;
  readonly keys: IssuerKeys;
  readonly remembered: TokenCache<Verified>;
  readonly missing: Refusal;
  readonly invalid: Refusal;
  readonly forbidden: Refusal;
  readonly unavailable: Refusal;
}
