// What a route or a service answers with when its upstream cannot: the last good answer, another service, or a fixed one.
import { z } from "zod";
import { integerBetween, readElsewhere, text } from "./fields.ts";

const CAUSES = ["circuit_open", "no_target", "overloaded", "timeout", "upstream_error"] as const;
export type FallbackCause = (typeof CAUSES)[number];

const cause = z.union([z.enum(CAUSES), integerBetween(400, 599)], {
  error: `expected ${CAUSES.join(", ")}, or a status from 400 to 599`,
});

const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The gateway says itself how long a message is and how its connection goes on. */
const OWN = /^(?:connection|content-length|date|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;
const headerValue = text("a text without control characters", (value) =>
  /^(?! )[\x20-\x7e\x80-\xff]*$/.test(value),
);
const headers = z.record(z.string(), headerValue).superRefine((all, context) => {
  for (const name of Object.keys(all)) {
    if (FIELD_NAME.test(name) && !OWN.test(name)) continue;
    const message = "expected the name of a header, none that says where the response ends";
    context.addIssue({ code: "custom", message, path: [name] });
  }
});
const MAX_BODY_CHARACTERS = 1024 * 1024;

export interface FallbackFields {
  readonly on: readonly (FallbackCause | number)[];
  readonly cache?:
    | { readonly max_entries: number; readonly max_bytes: number; readonly storage_ttl: number }
    | undefined;
  readonly answer?:
    | {
        readonly status: number;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: string;
      }
    | undefined;
}

/** Left out, errors are answered as such. */
export const fallbackSchema: z.ZodType<FallbackFields | undefined> = z
  .strictObject({
    on: z
      .array(cause)
      .min(1, { error: "expected at least one cause" })
      .default([...CAUSES]),
    cache: z
      .strictObject({
        max_entries: integerBetween(1, 1_000_000).default(1000),
        max_bytes: integerBetween(1024, 1024 ** 3).default(10 * 1024 * 1024),
        storage_ttl: integerBetween(1, 31_536_000).default(3600),
      })
      .optional(),
    service: readElsewhere,
    answer: z
      .strictObject({
        status: integerBetween(200, 599).default(503),
        headers: headers.default({}),
        body: z
          .string()
          .max(MAX_BODY_CHARACTERS, { error: `expected at most ${MAX_BODY_CHARACTERS} characters` })
          .default(""),
      })
      .optional(),
  })
  .optional();
