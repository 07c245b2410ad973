// A config schema as lines for people: a field each, with what it may be and its default.
import type { JsonSchema } from "@sluice/plugin-sdk/abi";

/** The fields of an object, indented. */
export function describeSchema(schema: JsonSchema, indent: string): string[] {
  const properties = Object.entries(objectOf(schema["properties"]));
  const required = listOf(schema["required"]);
  if (properties.length === 0) return [`${indent}(no fields)`];
  const width = Math.max(...properties.map(([name]) => name.length)) + 2;
  return properties.flatMap(([name, property]) => {
    const field = objectOf(property);
    const isRequired = required.includes(name) && field["default"] === undefined;
    const more = [
      kindOf(field),
      ...(isRequired ? ["required"] : []),
      ...(field["default"] === undefined ? [] : [`default ${JSON.stringify(field["default"])}`]),
    ].join(", ");
    const text = typeof field["description"] === "string" ? `: ${field["description"]}` : "";
    return [`${indent}${name.padEnd(width)}${more}${text}`, ...fieldsOf(field, `${indent}  `)];
  });
}

function fieldsOf(field: JsonSchema, indent: string): string[] {
  const inner = field["type"] === "array" ? objectOf(field["items"]) : field;
  return inner["properties"] === undefined ? [] : describeSchema(inner, indent);
}

function kindOf(schema: JsonSchema): string {
  const alternatives = listOf(schema["anyOf"] ?? schema["oneOf"]);
  if (alternatives.length > 0)
    return alternatives.map((each) => kindOf(objectOf(each))).join(" or ");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  const values = listOf(schema["enum"]);
  if (values.length > 0) return values.map((value) => JSON.stringify(value)).join(" | ");
  switch (schema["type"]) {
    case "array":
      return `list of ${kindOf(objectOf(schema["items"]))}`;
    case "object":
      return schema["additionalProperties"] === false ? "fields" : "mapping";
    default:
      return `${typesOf(schema)}${limitsOf(schema)}`;
  }
}

function typesOf({ type }: JsonSchema): string {
  if (typeof type === "string") return type;
  const types = listOf(type).filter((each) => typeof each === "string");
  return types.length === 0 ? "anything" : types.join(" or ");
}

const LIMITS: readonly (readonly [keyword: string, words: string, unit?: string])[] = [
  ["minimum", ">="],
  ["maximum", "<="],
  ["exclusiveMinimum", ">"],
  ["exclusiveMaximum", "<"],
  ["minLength", "of at least", " characters"],
  ["maxLength", "of at most", " characters"],
  ["pattern", "matching"],
];

function limitsOf(schema: JsonSchema): string {
  const limits = LIMITS.filter(([keyword]) => schema[keyword] !== undefined);
  return limits
    .map(([keyword, words, unit = ""]) => ` ${words} ${String(schema[keyword])}${unit}`)
    .join("");
}

function objectOf(value: unknown): JsonSchema {
  // A schema comes from a manifest as plain JSON.
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
