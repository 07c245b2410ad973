// Which names of headers and query arguments a plugin entry's config says carry credentials.
import type { JsonSchema } from "@sluice/plugin-sdk/abi";

/** Marks a string in a plugin's config schema: its values are such names. */
const MARK = "x-sluice-names-credential";

/** The values of every marked string in a config. */
export function credentialNames(schema: JsonSchema, value: unknown): string[] {
  if (typeof value === "string") return schema[MARK] === true ? [value] : [];
  if (Array.isArray(value)) {
    return value.flatMap((item) => credentialNames(schemaAt(schema, "items"), item));
  }
  if (typeof value !== "object" || value === null) return [];
  const properties = schemaAt(schema, "properties");
  return Object.entries(value).flatMap(([key, member]) =>
    credentialNames(schemaAt(properties, key), member),
  );
}

function schemaAt(schema: JsonSchema, key: string): JsonSchema {
  const found = schema[key];
  // Schemas come from manifests as plain JSON; anything but an object has no marks inside.
  return typeof found === "object" && found !== null ? (found as JsonSchema) : {};
}
