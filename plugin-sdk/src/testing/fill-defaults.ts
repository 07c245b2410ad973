// Fills in the defaults of a config, as the gateway does after it has checked it.
import type { JsonSchema } from "../abi.ts";

/** Returns a copy of `value` with what the schema's `default` keywords give for missing fields, at any depth. */
export function fillDefaults(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return isObject(schema["items"]) ? fillItems(schema["items"], value) : structuredClone(value);
  }
  if (!isObject(value) || !isObject(schema["properties"])) return structuredClone(value);
  const filled: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(schema["properties"])) {
    if (!isObject(field)) continue;
    const given = filled[name] ?? field["default"];
    if (given !== undefined) filled[name] = fillDefaults(field, given);
  }
  return filled;
}

function fillItems(schema: JsonSchema, values: readonly unknown[]): unknown[] {
  return values.map((value) => fillDefaults(schema, value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
