// Kong's collections of credentials, one entry each: what they hold, what finds them, and what plugins get to see.
import { createHmac } from "node:crypto";
import { z } from "zod";
import { commonFields, headerText, readElsewhere } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";
import { verificationKeyFault } from "./verification-key.ts";

/** What the file says of a credential, defaults filled in. */
export interface CredentialFields extends CommonFields {
  readonly [field: string]: unknown;
}

export interface CredentialCollection {
  readonly schema: z.ZodType<CredentialFields>;
  /** Name of the field that a credential is found by; no two of a collection have the same value. */
  readonly key: string;
  /** What X-Credential-Identifier says of it, as in Kong's plugin: a field, or (undefined) its id. */
  readonly identifier: string | undefined;
  /** What plugins get beside the id; the fields that are not here are forgotten. */
  keep(fields: CredentialFields, consumerId: string): Readonly<Record<string, unknown>>;
}

const JWT_ALGORITHMS =
  "HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 EdDSA".split(" ");

const secret = z.string().min(1);
const algorithm = z.enum(JWT_ALGORITHMS, { error: `expected one of ${JWT_ALGORITHMS.join(", ")}` });

function credential(shape: z.ZodRawShape): z.ZodType<CredentialFields> {
  // The shape has strings alone, which the index signature takes.
  return z.strictObject({
    ...commonFields,
    consumer: readElsewhere,
    ...shape,
  }) as unknown as z.ZodType<CredentialFields>;
}

const jwtSecret = credential({
  key: headerText,
  secret: secret.optional(),
  rsa_public_key: secret.optional(),
  algorithm: algorithm.default("HS256"),
}).superRefine((fields, context) => {
  const isShared = String(fields["algorithm"]).startsWith("HS");
  const needed = isShared ? "secret" : "rsa_public_key";
  const value = fields[needed];
  const add = (message: string): void =>
    context.addIssue({ code: "custom", message, path: [needed] });
  if (typeof value !== "string") {
    add(`expected ${isShared ? "a secret" : "a public key"} for ${String(fields["algorithm"])}`);
  } else if (!isShared) {
    const fault = verificationKeyFault(value, String(fields["algorithm"]));
    if (fault !== undefined) add(fault);
  }
});

/** By Kong's name, at the top of a config and in a consumer. */
export const CREDENTIAL_COLLECTIONS: Readonly<Record<string, CredentialCollection>> = {
  keyauth_credentials: {
    schema: credential({ key: headerText, ...notYetFields({ ttl: [] }) }),
    key: "key",
    identifier: undefined,
    keep: () => ({}),
  },
  basicauth_credentials: {
    schema: credential({ username: headerText, password: secret }),
    key: "username",
    identifier: "username",
    keep: ({ username, password }, consumerId) => ({
      username,
      password_digest: passwordDigest(String(password), consumerId),
    }),
  },
  jwt_secrets: {
    schema: jwtSecret,
    key: "key",
    identifier: "key",
    keep: ({ key, secret: shared, rsa_public_key, algorithm: name }) => ({
      key,
      secret: shared,
      rsa_public_key,
      algorithm: name,
    }),
  },
  hmacauth_credentials: {
    schema: credential({ username: headerText, secret }),
    key: "username",
    identifier: "username",
    keep: ({ username, secret: shared }) => ({ username, secret: shared }),
  },
  mtls_auth_credentials: {
    schema: credential({ subject_name: headerText, ...notYetFields({ ca_certificate: [] }) }),
    key: "subject_name",
    identifier: undefined,
    keep: ({ subject_name }) => ({ subject_name }),
  },
};

/** The password itself is forgotten; the consumer's id keeps equal passwords apart. */
function passwordDigest(password: string, consumerId: string): string {
  return createHmac("sha256", consumerId).update(password).digest("base64");
}

export interface AclFields extends CommonFields {
  readonly group: string;
}

/** A group that a consumer is in: Kong's acls, beside the collections of credentials. */
export const aclSchema: z.ZodType<AclFields> = z.strictObject({
  ...commonFields,
  consumer: readElsewhere,
  group: headerText,
});
