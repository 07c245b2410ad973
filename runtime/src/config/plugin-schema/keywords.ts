// The keywords of JSON Schema that concern one value by itself; each check gives what was expected, or undefined.
import { isDeepStrictEqual } from "node:util";
import { describeNode, plainValue } from "../document/node.ts";
import type { ConfigNode, ScalarNode } from "../document/node.ts";
import type { SchemaPlace } from "./checker.ts";
import { listOf, numberOf, textOf, textsOf } from "./schema.ts";
import type { JsonSchema } from "./schema.ts";

const TYPES: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

export function checkType(
  node: ConfigNode,
  schema: JsonSchema,
  place: SchemaPlace,
): string | undefined {
  const single = textOf(schema["type"]);
  const types = single === undefined ? textsOf(schema["type"]) : [single];
  if (types.length === 0 || types.some((type) => hasType(node, type))) return undefined;
  return unlike(types.map((type) => TYPES[type] ?? type).join(" or "), node, schema, place);
}

function hasType(node: ConfigNode, type: string): boolean {
  if (node.kind === "mapping") return type === "object";
  if (node.kind === "list") return type === "array";
  const { value } = node;
  if (value === null) return type === "null";
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

export function checkValues(
  node: ConfigNode,
  schema: JsonSchema,
  place: SchemaPlace,
): string | undefined {
  const single = Object.hasOwn(schema, "const") ? [schema["const"]] : undefined;
  const allowed = single ?? listOf(schema["enum"]);
  if (allowed.length === 0) return undefined;
  const value = plainValue(node);
  if (allowed.some((each) => isDeepStrictEqual(each, value))) return undefined;
  const shown = allowed.map((each) => JSON.stringify(each)).join(", ");
  return unlike(allowed.length === 1 ? shown : `one of ${shown}`, node, schema, place);
}

export function checkString(
  node: ScalarNode,
  schema: JsonSchema,
  place: SchemaPlace,
): string | undefined {
  if (typeof node.value !== "string") return undefined;
  const { value } = node;
  // JSON Schema counts code points (2020-12 validation §6.3).
  const length = Array.from(value).length;
  const least = numberOf(schema["minLength"]) ?? 0;
  const most = numberOf(schema["maxLength"]) ?? Infinity;
  if (length < least) {
    const atLeast = least === 1 ? "that is not empty" : `of at least ${least} characters`;
    return unlike(`a string ${atLeast}`, node, schema, place);
  }
  if (length > most) return unlike(`a string of at most ${most} characters`, node, schema, place);
  const pattern = textOf(schema["pattern"]);
  if (pattern === undefined || new RegExp(pattern, "u").test(value)) return undefined;
  return unlike(`a string that matches ${pattern}`, node, schema, place);
}

const LIMITS: readonly {
  readonly keyword: string;
  readonly words: string;
  readonly holds: (value: number, limit: number) => boolean;
}[] = [
  { keyword: "minimum", words: "at least", holds: (value, limit) => value >= limit },
  { keyword: "maximum", words: "at most", holds: (value, limit) => value <= limit },
  { keyword: "exclusiveMinimum", words: "above", holds: (value, limit) => value > limit },
  { keyword: "exclusiveMaximum", words: "below", holds: (value, limit) => value < limit },
];

export function checkNumber(
  node: ScalarNode,
  schema: JsonSchema,
  place: SchemaPlace,
): string | undefined {
  const { value } = node;
  if (typeof value !== "number") return undefined;
  for (const { keyword, words, holds } of LIMITS) {
    const limit = numberOf(schema[keyword]);
    if (limit !== undefined && !holds(value, limit)) {
      return unlike(`a number ${words} ${limit}`, node, schema, place);
    }
  }
  return undefined;
}

/** A secret in the wrong place, such as a string where a list of secrets was expected, stays a secret. */
function unlike(
  expected: string,
  node: ConfigNode,
  schema: JsonSchema,
  place: SchemaPlace,
): string {
  const isSecret = place.isSecret || JSON.stringify(schema).includes('"writeOnly":true');
  return isSecret ? `expected ${expected}` : `expected ${expected}, got ${describeNode(node)}`;
}
