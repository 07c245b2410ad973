// Kong's consumer; its credentials are in credentials.ts.
import { z } from "zod";
import { commonFields, headerText } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";

export interface ConsumerFields extends CommonFields {
  readonly username?: string | undefined;
  readonly custom_id?: string | undefined;
}

export const consumerSchema: z.ZodType<ConsumerFields> = z.strictObject({
  ...commonFields,
  username: headerText.optional(),
  custom_id: headerText.optional(),
  ...notYetFields({ groups: [], oauth2_credentials: [] }),
});
