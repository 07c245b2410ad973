// Checks a plugin's config and fills in its defaults in tests, as the gateway does it for a config file.
import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../abi.ts";

export interface CheckedConfig {
  /** With defaults filled in; means nothing when there are faults. */
  readonly value: unknown;
  /** `config.limit: expected an integer, got "x"`. */
  readonly faults: readonly string[];
}

/** By the part of JSON Schema 2020-12 that the gateway knows. */
export function checkConfig(schema: JsonSchema, value: unknown): CheckedConfig {
  const faults: string[] = [];
  return { value: check(value, schema, "config", faults), faults };
}

function check(value: unknown, schema: JsonSchema, path: string, faults: string[]): unknown {
  const expected = unlikeType(value, schema) ?? unlikeValue(value, schema);
  if (expected !== undefined) {
    faults.push(`${path}: expected ${expected}, got ${JSON.stringify(value) ?? "nothing"}`);
    return value;
  }
  const filled = Array.isArray(value)
    ? checkList(value, schema, path, faults)
    : isObject(value)
      ? checkObject(value, schema, path, faults)
      : value;
  const alternatives = listOf(schema["anyOf"] ?? schema["oneOf"]).filter(isObject);
  if (alternatives.length === 0) return filled;
  const chosen = checkAlternatives(value, alternatives, path, faults);
  // With a type of its own, it says all of the value but what the alternatives ask for.
  return schema["type"] === undefined ? chosen : filled;
}

/** The first that fits counts; when none does, the faults of the one that comes closest. */
function checkAlternatives(
  value: unknown,
  alternatives: readonly JsonSchema[],
  path: string,
  faults: string[],
): unknown {
  const attempts = alternatives.map((alternative) => {
    const found: string[] = [];
    return { value: check(value, alternative, path, found), faults: found };
  });
  const [closest] = attempts.toSorted(
    (one, other) =>
      one.faults.length - other.faults.length || depthOf(other.faults) - depthOf(one.faults),
  );
  faults.push(...(closest?.faults ?? []));
  return closest?.value;
}

/** A fault further inside means that more of the value did fit. */
function depthOf([fault = ""]: readonly string[]): number {
  return fault.split(":", 1)[0]?.length ?? 0;
}

function checkList(
  values: readonly unknown[],
  schema: JsonSchema,
  path: string,
  faults: string[],
): unknown[] {
  const least = Number(schema["minItems"] ?? 0);
  const most = Number(schema["maxItems"] ?? Infinity);
  if (values.length < least || values.length > most) {
    faults.push(`${path}: expected ${least} to ${most} items, got ${values.length}`);
  }
  const isRepeated = values.some((value, at) =>
    values.slice(0, at).some((other) => isDeepStrictEqual(value, other)),
  );
  if (schema["uniqueItems"] === true && isRepeated) faults.push(`${path}: an item stands twice`);
  const items = isObject(schema["items"]) ? schema["items"] : {};
  return values.map((value, at) => check(value, items, `${path}[${at}]`, faults));
}

function checkObject(
  object: JsonSchema,
  schema: JsonSchema,
  path: string,
  faults: string[],
): JsonSchema {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const others = schema["additionalProperties"] ?? true;
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (Object.hasOwn(properties, name)) continue;
    if (others === false) faults.push(`${path}.${name}: unknown key`);
    else filled[name] = check(value, isObject(others) ? others : {}, `${path}.${name}`, faults);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    // null is Kong's way of leaving a key out. A default is checked, too, so that the defaults in it are filled in.
    const value = object[name] ?? property["default"];
    if (value !== undefined) filled[name] = check(value, property, `${path}.${name}`, faults);
  }
  for (const name of textsOf(schema["required"])) {
    const isMissing = (object[name] ?? filled[name]) === undefined;
    if (isMissing) faults.push(`${path}.${name}: this key is required`);
  }
  return filled;
}

const NAMES: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

function unlikeType(value: unknown, schema: JsonSchema): string | undefined {
  const types = [schema["type"]].flat().filter((type) => typeof type === "string");
  if (types.length === 0 || types.some((type) => hasType(value, type))) return undefined;
  return types.map((type) => NAMES[type] ?? type).join(" or ");
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function unlikeValue(value: unknown, schema: JsonSchema): string | undefined {
  const allowed = Object.hasOwn(schema, "const") ? [schema["const"]] : listOf(schema["enum"]);
  if (allowed.length > 0 && !allowed.some((each) => isDeepStrictEqual(each, value))) {
    return `one of ${allowed.map((each) => JSON.stringify(each)).join(", ")}`;
  }
  if (typeof value === "string") return unlikeText(value, schema);
  return typeof value === "number" ? unlikeNumber(value, schema) : undefined;
}

function unlikeText(value: string, schema: JsonSchema): string | undefined {
  // JSON Schema counts code points (2020-12 validation §6.3).
  const length = Array.from(value).length;
  const [least, most] = [Number(schema["minLength"] ?? 0), Number(schema["maxLength"] ?? Infinity)];
  if (length < least)
    return least === 1 ? "a string that is not empty" : `at least ${least} characters`;
  if (length > most) return `at most ${most} characters`;
  const { pattern } = schema;
  if (typeof pattern !== "string" || new RegExp(pattern, "u").test(value)) return undefined;
  return `a string that matches ${pattern}`;
}

function unlikeNumber(value: number, schema: JsonSchema): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (typeof minimum === "number" && value < minimum) return `a number at least ${minimum}`;
  if (typeof maximum === "number" && value > maximum) return `a number at most ${maximum}`;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) {
    return `a number above ${exclusiveMinimum}`;
  }
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) {
    return `a number below ${exclusiveMaximum}`;
  }
  return undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((each) => typeof each === "string");
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
