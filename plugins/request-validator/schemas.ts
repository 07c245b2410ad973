// JSON Schemas of a config, compiled once.
import { Validator } from "@cfworker/json-schema";
import type { Schema, SchemaDraft } from "@cfworker/json-schema";
import { ConfigError } from "@sluice/plugin-sdk";

import { compilePattern } from "../parts/patterns.ts";

/** Kong's names. */
export const DRAFTS = ["draft4", "draft7", "draft201909", "draft202012"] as const;
export type Draft = (typeof DRAFTS)[number];

const VALIDATOR_DRAFTS: Readonly<Record<Draft, SchemaDraft>> = {
  draft4: "4",
  draft7: "7",
  draft201909: "2019-09",
  draft202012: "2020-12",
};

/** What is wrong with a value; undefined when it fits. */
export type CheckSchema = (value: unknown) => string | undefined;

const MAX_SCHEMA_CHARACTERS = 262_144;
/** Of a value: deeper ones would end the call with an error of the engine. */
const MAX_DEPTH = 100;

/** Throws ConfigError for what is no schema. */
export function compileSchema(text: string, draft: Draft, path: string): CheckSchema {
  const schema = parseSchema(text, path);
  checkSchema(schema, path, schema);
  let validator: Validator;
  try {
    validator = new Validator(schema, VALIDATOR_DRAFTS[draft], true);
    // A reference that leads to itself never ends.
    for (const value of [null, {}, [], "", 0]) validator.validate(value);
  } catch (cause) {
    throw new ConfigError(`is no JSON Schema: ${String(cause)}`, path);
  }
  return (value) => {
    if (isTooDeep(value, MAX_DEPTH)) return `nested deeper than ${MAX_DEPTH}`;
    const { valid, errors } = validator.validate(value);
    if (valid) return undefined;
    // The first one is about the whole; the last one is what was wrong.
    const last = errors.at(-1);
    return last === undefined ? "does not fit" : `${last.instanceLocation}: ${last.error}`;
  };
}

function parseSchema(text: string, path: string): Schema {
  if (text.length > MAX_SCHEMA_CHARACTERS) {
    const most = `expected at most ${MAX_SCHEMA_CHARACTERS}`;
    throw new ConfigError(`has ${text.length} characters, ${most}`, path);
  }
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    throw new ConfigError("is no JSON", path);
  }
  if (Array.isArray(schema)) {
    throw new ConfigError("is in Kong's own schema language, expected a JSON Schema", path);
  }
  if (typeof schema !== "object" || schema === null) {
    throw new ConfigError(`is ${text}, expected an object with a JSON Schema`, path);
  }
  return schema as Schema;
}

/** Keywords whose values are no schemas, whatever is in them. */
const PLAIN: ReadonlySet<string> = new Set(["const", "default", "enum", "examples"]);

/** Patterns run on what clients send, and references lead nowhere but into the schema. */
function checkSchema(part: unknown, path: string, root: Schema): void {
  if (Array.isArray(part)) return part.forEach((each) => checkSchema(each, path, root));
  if (typeof part !== "object" || part === null) return;
  for (const [keyword, value] of Object.entries(part)) {
    if (PLAIN.has(keyword)) continue;
    if (keyword === "pattern" && typeof value === "string") checkPattern(value, path);
    if (keyword === "patternProperties" && typeof value === "object" && value !== null) {
      for (const pattern of Object.keys(value)) checkPattern(pattern, path);
    }
    if (keyword === "$ref" && typeof value === "string") checkReference(value, path, root);
    checkSchema(value, path, root);
  }
}

function checkPattern(pattern: string, path: string): void {
  compilePattern(pattern, path);
  try {
    // As the validator compiles it, each time.
    new RegExp(pattern, "u");
  } catch {
    throw new ConfigError(`"${pattern}" is not a valid regex of ECMA-262`, path);
  }
}

function checkReference(reference: string, path: string, root: Schema): void {
  if (!reference.startsWith("#")) {
    throw new ConfigError(`has the reference "${reference}", expected one into itself (#…)`, path);
  }
  if (!reference.startsWith("#/")) return;
  let at: unknown = root;
  for (const step of reference.slice("#/".length).split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    const isThere = typeof at === "object" && at !== null && Object.hasOwn(at, key);
    if (!isThere) throw new ConfigError(`has nothing at the reference "${reference}"`, path);
    at = (at as Record<string, unknown>)[key];
  }
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (left === 0) return true;
  return Object.values(value).some((each) => isTooDeep(each, left - 1));
}
