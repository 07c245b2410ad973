// The config of jwt, and what it becomes.
import { s } from "@sluice/plugin-sdk";
import type { Credential, Infer, JwksSource } from "@sluice/plugin-sdk";

import { authenticationFields, realmField } from "../parts/authentication.ts";
import type { Refusal } from "../parts/authentication.ts";
import type { TokenPlaces } from "../parts/bearer.ts";
import type { TokenCache } from "../parts/token-cache.ts";
import type { Refusals } from "./refusals.ts";

/** Who publishes a secret has none: HS is not among them (RFC 8725 §3.1). */
const ASYMMETRIC = [
  ...(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] as const),
  ...(["PS256", "PS384", "PS512", "EdDSA", "Ed25519"] as const),
] as const;

const name = s
  .string()
  .pattern(/^[\w!#$%&'*+.^`|~-]+$/)
  .namesCredential();

export const config = s.object({
  uri_param_names: s.array(name).default(["jwt"]),
  cookie_names: s.array(name).default([]),
  header_names: s.array(name).default(["authorization"]),
  key_claim_name: s
    .string()
    .nonEmpty()
    .default("iss")
    .describe("The claim, or else the member of the header, that names the credential."),
  secret_is_base64: s.boolean().default(false),
  claims_to_verify: s
    .array(s.enum(["exp", "nbf"]))
    .default([])
    .describe("Claims that a token must have; those that it has are checked anyway."),
  maximum_expiration: s
    .number()
    .min(0)
    .max(31_536_000)
    .default(0)
    .describe("How far ahead exp may be, seconds; 0 for any."),
  hide_credentials: s.boolean().default(false).describe("Keeps the token from the upstream."),
  ...authenticationFields,
  realm: realmField.optional(),
  jwks_uri: s
    .url()
    .endpoint()
    .optional()
    .describe(
      "Where the issuer publishes its keys. Tokens are checked with these, not with jwt_secrets.",
    ),
  issuer: s.string().nonEmpty().optional(),
  audiences: s.array(s.string().nonEmpty()).default([]),
  algorithms: s
    .array(s.enum(ASYMMETRIC))
    .nonEmpty()
    .default([...ASYMMETRIC])
    .describe("Of tokens that are checked with published keys."),
  clock_skew_seconds: s.number().min(0).max(300).default(0),
});

/** Who a token stands for: a credential of the config, or whom an issuer names. */
export type Remembered =
  | { readonly kind: "credential"; readonly credential: Credential }
  | { readonly kind: "issuer"; readonly name: string };

/** A token, not checked yet, and what it says of its key. */
export interface NamedToken {
  readonly token: string;
  readonly keyName: string;
}

export type Verified =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "verified"; readonly who: Remembered; readonly untilMs: number };

export interface Settings extends Infer<typeof config> {
  readonly places: TokenPlaces;
  /** Undefined when the keys are those of credentials. */
  readonly keys: JwksSource | undefined;
  readonly refusals: Refusals;
  readonly remembered: TokenCache<Remembered>;
}
