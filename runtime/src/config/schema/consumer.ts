// Kong's consumer and the credentials of key-auth.
import { z } from "zod";
import { commonFields, headerText, readElsewhere } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";

export interface ConsumerFields extends CommonFields {
  readonly username?: string | undefined;
  readonly custom_id?: string | undefined;
}

export interface CredentialFields extends CommonFields {
  readonly key: string;
}

export const consumerSchema: z.ZodType<ConsumerFields> = z.strictObject({
  ...commonFields,
  username: headerText.optional(),
  custom_id: headerText.optional(),
  ...notYetFields({
    groups: [],
    acls: [],
    basicauth_credentials: [],
    hmacauth_credentials: [],
    jwt_secrets: [],
    mtls_auth_credentials: [],
    oauth2_credentials: [],
  }),
});

export const credentialSchema: z.ZodType<CredentialFields> = z.strictObject({
  ...commonFields,
  consumer: readElsewhere,
  key: headerText,
  ...notYetFields({ ttl: [] }),
});
