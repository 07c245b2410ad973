// A config that a plugin's schema allows: its defaults, and something plain where it demands a value.
import type { JsonSchema } from "../abi.ts";

/** Fills in what is required and has no default. */
export function sampleConfig(schema: JsonSchema): Record<string, unknown> {
  const value = sample(schema);
  return isSchema(value) ? { ...value } : {};
}

/** `name`: of the property, if it is one. */
function sample(schema: JsonSchema, name: string = ""): unknown {
  if (schema["default"] !== undefined) return schema["default"];
  if (schema["const"] !== undefined) return schema["const"];
  const [first] = listOf(schema["enum"]);
  if (first !== undefined) return first;
  const [alternative] = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])].filter(isSchema);
  if (alternative !== undefined) return sample(alternative);
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (type) {
    case "boolean":
      return false;
    case "integer":
    case "number":
      return sampleNumber(schema);
    case "string":
      return sampleText(schema, name);
    case "array":
      return sampleList(schema);
    case "null":
      return null;
    default:
      return sampleObject(schema);
  }
}

const SAMPLE_URL = "http://example.test/";

function sampleText(schema: JsonSchema, name: string): string {
  if (schema["format"] === "uri" || /url|uri/i.test(name)) return SAMPLE_URL;
  const pattern = typeof schema["pattern"] === "string" ? new RegExp(schema["pattern"]) : undefined;
  if (pattern?.test(SAMPLE_URL) === true && !pattern.test("x")) return SAMPLE_URL;
  return "x".repeat(Math.max(1, Number(schema["minLength"] ?? 1)));
}

function sampleNumber(schema: JsonSchema): number {
  const above = schema["exclusiveMinimum"];
  const least = above === undefined ? (schema["minimum"] ?? 1) : Number(above) + 1;
  return Math.min(Number(least), Number(schema["maximum"] ?? Infinity));
}

/** One item even where none is demanded: an empty list is the one that plugins object to. */
function sampleList(schema: JsonSchema): unknown[] {
  const items = isSchema(schema["items"]) ? schema["items"] : { type: "string" };
  const length = Math.max(1, Number(schema["minItems"] ?? 1));
  return Array.from({ length }, () => sample(items));
}

function sampleObject(schema: JsonSchema): Record<string, unknown> {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const required = listOf(schema["required"]);
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name, of]) => isSchema(of) && required.includes(name))
      .map(([name, of]) => [name, isSchema(of) ? sample(of, name) : undefined]),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
