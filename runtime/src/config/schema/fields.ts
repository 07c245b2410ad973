// Kinds of values that several entities share. Messages say what was expected; the value is added where it is shown.
import { z } from "zod";
import { isUuid } from "../stable-id.ts";

type Text = z.ZodString;

/** A text that the check accepts; the message completes "expected …". */
export function text(expected: string, accepts: (value: string) => boolean): Text {
  return z.string().refine(accepts, { error: `expected ${expected}` });
}

const hasNoControls = (value: string): boolean => value !== "" && !/[\p{Cc}]/u.test(value);

export const uuid: Text = text("a UUID", isUuid);

/** Kong's rule for names of services, routes and plugin instances. */
export const entityName: Text = text("a name of letters, digits and . - _ ~", (value) =>
  /^[\p{L}\p{M}\p{N}._~-]+$/u.test(value),
);

/** Values that end up in headers, such as X-Consumer-Username. */
export const headerText: Text = text(
  "a text that is not empty and has no control characters",
  hasNoControls,
);

const tag = text("a tag without control characters and commas", (value) => {
  return hasNoControls(value) && !value.includes(",");
});

const HOSTNAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i;
const IPV6 = /^\[[0-9a-f:.]+\]$/i;

export function isHostname(value: string): boolean {
  return HOSTNAME.test(value);
}

/** A name, an IPv4 address, or an IPv6 address in brackets. */
export function isHost(value: string): boolean {
  return isHostname(value) || IPV6.test(value);
}

export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

export function integerBetween(min: number, max: number): z.ZodInt {
  const error = `expected an integer from ${min} to ${max}`;
  return z.int({ error }).refine((value) => value >= min && value <= max, { error });
}

/** Kong's upper bound for timeouts, ms. */
export const timeoutMs: z.ZodInt = integerBetween(1, 2_147_483_646);

/** What every entity may have. Kong's dumps give the times, in seconds. */
export const commonFields: {
  readonly id: z.ZodOptional<Text>;
  readonly tags: z.ZodDefault<z.ZodArray<Text>>;
  readonly created_at: z.ZodOptional<z.ZodNumber>;
  readonly updated_at: z.ZodOptional<z.ZodNumber>;
} = {
  id: uuid.optional(),
  tags: z.array(tag).default([]),
  created_at: z.number().optional(),
  updated_at: z.number().optional(),
};

/** What every entity has after decoding. */
export interface CommonFields {
  readonly id?: string | undefined;
  readonly tags: readonly string[];
  readonly created_at?: number | undefined;
}

/** A field whose value is read elsewhere: references and the configs of plugins. */
export const readElsewhere: z.ZodOptional<z.ZodUnknown> = z.unknown().optional();
