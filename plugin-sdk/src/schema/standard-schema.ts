// Config schemas of other libraries: those that follow Standard Schema and its companion for JSON Schema
// (https://standardschema.dev). The gateway checks by the JSON Schema, the plugin by the schema itself.
import type { JsonSchema } from "../abi.ts";
import { ConfigError } from "../config-error.ts";
import { Schema } from "./schema.ts";
import type { Infer, InferInput, Presence } from "./schema.ts";

/** A schema of another library that gives a JSON Schema, such as one of Zod from 4.2 on. */
export interface StandardConfigSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => JsonSchema;
    };
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a plugin's config may be described with: `s.object`, or an object of another library. */
export type ConfigSchema = Schema<object, object, Presence> | StandardConfigSchema<object, object>;

/** What handlers see of a config. */
export type ConfigOf<C extends ConfigSchema> =
  C extends Schema<object, object, Presence>
    ? Infer<C>
    : C extends StandardConfigSchema<object, object>
      ? NonNullable<C["~standard"]["types"]>["output"]
      : never;

/** What a config file may say. */
export type ConfigInputOf<C extends ConfigSchema> =
  C extends Schema<object, object, Presence>
    ? InferInput<C>
    : C extends StandardConfigSchema<object, object>
      ? NonNullable<C["~standard"]["types"]>["input"]
      : never;

/** JSON Schema for the gateway. Throws TypeError for what does not describe an object. */
export function jsonSchemaOf(schema: ConfigSchema): JsonSchema {
  const jsonSchema =
    schema instanceof Schema
      ? schema.jsonSchema
      : closed(schema["~standard"].jsonSchema.input({ target: "draft-2020-12" }));
  if (jsonSchema["type"] === "object") return jsonSchema;
  throw new TypeError("A plugin's config is an object: describe it with s.object");
}

/** Gives configs as handlers see them. Throws ConfigError for what only the schema of another library finds. */
export function configParser(schema: ConfigSchema): (config: unknown) => unknown {
  // The gateway has checked it and filled in defaults.
  return schema instanceof Schema ? asItIs : (config) => parsed(schema, config);
}

function asItIs(config: unknown): unknown {
  return config;
}

function parsed(schema: StandardConfigSchema<object, object>, config: unknown): unknown {
  const result = schema["~standard"].validate(config);
  if (result instanceof Promise) {
    throw new TypeError(
      "The config schema validates asynchronously, which a plugin cannot wait for",
    );
  }
  if (result.issues === undefined) return result.value;
  throw new ConfigError(result.issues.map(textOf).join("; "));
}

function textOf({ message, path = [] }: StandardIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/** A key that nobody knows is a mistake of whoever wrote the config: other libraries would drop it in silence. */
function closed(schema: JsonSchema): JsonSchema {
  const copy: Record<string, unknown> = { ...schema };
  for (const name of ["items", "additionalProperties"]) {
    if (isSchema(copy[name])) copy[name] = closed(copy[name]);
  }
  for (const name of ["anyOf", "oneOf"]) {
    const alternatives = copy[name];
    if (Array.isArray(alternatives)) {
      copy[name] = alternatives.map((each: unknown) => (isSchema(each) ? closed(each) : each));
    }
  }
  const { properties } = copy;
  if (!isSchema(properties)) return copy;
  copy["properties"] = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, isSchema(each) ? closed(each) : each]),
  );
  copy["additionalProperties"] ??= false;
  return copy;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
