// Reading keywords of a JSON Schema that came out of a plugin's file: nothing in it can be taken for granted.

export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema; `true` accepts everything, `false` (undefined here) nothing. */
export function asSchema(value: unknown): JsonSchema | undefined {
  return value === true ? {} : schemaOf(value);
}

export function schemaOf(value: unknown): JsonSchema | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // An object that is no array has string keys and unknown values.
  return value as JsonSchema;
}

export function schemasOf(value: unknown): readonly JsonSchema[] {
  return listOf(value)
    .map(asSchema)
    .filter((each) => each !== undefined);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((each) => typeof each === "string");
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
