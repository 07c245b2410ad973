// The config of oauth2-introspection, and what it becomes.
import { ConfigError, s } from "@sluice/plugin-sdk";
import type { Infer } from "@sluice/plugin-sdk";

import { authenticationFields, realmField } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import type { TokenCache } from "../parts/token-cache.ts";
import type { Introspection, Outcome } from "./introspection.ts";

export const config = s.object({
  introspection_url: s.url().endpoint().describe("Where the authorization server tells of tokens."),
  authorization_value: s
    .string()
    .nonEmpty()
    .secret()
    .optional()
    .describe("Authorization for the authorization server."),
  client_id: s.string().nonEmpty().optional(),
  client_secret: s.string().nonEmpty().secret().optional(),
  token_type_hint: s.string().nonEmpty().optional(),
  ttl: s.number().min(0).max(86_400).default(30).describe("How long an answer counts, seconds."),
  hide_credentials: s.boolean().default(false).describe("Keeps the token from the upstream."),
  timeout: s.integer().min(1).max(60_000).default(10_000).describe("For one answer, ms."),
  introspect_request: s
    .boolean()
    .default(false)
    .describe("Tells the authorization server method and path of the request."),
  custom_introspection_headers: s.record(s.string()).default({}),
  custom_claims_forward: s
    .array(s.string().pattern(/^[\w-]+$/))
    .default([])
    .describe("Claims that go upstream as X-Credential-<claim>."),
  consumer_by: s.enum(["username", "client_id"]).default("username"),
  consumer_optional: s
    .boolean()
    .default(true)
    .describe("A token that is no consumer's is let in, too."),
  scopes_required: s
    .array(s.string().nonEmpty())
    .default([])
    .describe("One of these is enough; all words of one are needed."),
  groups_claim: s
    .array(s.string().nonEmpty())
    .default([])
    .describe("Path of the claim with groups."),
  ...authenticationFields,
  realm: realmField.default("service"),
});

export interface Settings extends Infer<typeof config> {
  readonly introspection: Introspection;
  readonly remembered: TokenCache<Outcome>;
  readonly missing: Refusal;
  readonly several: Refusal;
  readonly invalid: Refusal;
  readonly forbidden: Refusal;
  readonly unavailable: Refusal;
}

/** What the gateway says of itself to the authorization server. */
export function authorizationOf(client: Infer<typeof config>): string {
  const { authorization_value: value, client_id: id, client_secret: secret } = client;
  const hasClient = id !== undefined && secret !== undefined;
  if ((value === undefined) !== hasClient) {
    throw new ConfigError(
      "either authorization_value or both of client_id and client_secret must be given",
    );
  }
  if (value !== undefined) return value;
  // RFC 6749 §2.3.1: both parts are form-encoded first.
  const pair = `${encodeURIComponent(id ?? "")}:${encodeURIComponent(secret ?? "")}`;
  return `Basic ${btoa(pair)}`;
}
