// Kong's fields that this version knows but does not implement. They may say what the gateway does anyway, which is
// mostly Kong's default; anything else must not be silently ignored.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

export type NotYet = z.ZodOptional<z.ZodUnknown>;

/** A field that may only have one of the values, or be left out. */
export function notYet(name: string, ...allowed: readonly unknown[]): NotYet {
  const shown = allowed
    .map((value) => JSON.stringify(value))
    .filter((value) => value !== "[]" && value !== "{}");
  const expected = shown.length === 0 ? "it left out" : shown.join(" or ");
  return z
    .unknown()
    .refine((value) => allowed.some((each) => isDeepStrictEqual(each, value)), {
      error: `${name} is not supported by this version: expected ${expected}`,
    })
    .optional();
}

/** The same for many fields; `[]` stands for one that must be left out. */
export function notYetFields<Name extends string>(
  fields: Readonly<Record<Name, readonly unknown[]>>,
): Record<Name, NotYet> {
  const entries = Object.entries<readonly unknown[]>(fields);
  const schemas = entries.map(([name, allowed]) => [name, notYet(name, ...allowed)]);
  // fromEntries forgets the names, which are those of the argument.
  return Object.fromEntries(schemas) as Record<Name, NotYet>;
}
