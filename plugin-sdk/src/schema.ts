// `s` describes the config of a plugin: it yields a JSON Schema for the gateway and a type for the author.
// The gateway checks configs and fills in defaults; nothing here runs while traffic flows.
import type { JsonSchema } from "./abi.ts";
import { ArraySchema, ObjectSchema, RecordSchema } from "./schema/containers.ts";
import type { Fields } from "./schema/containers.ts";
import { NumberSchema, StringSchema } from "./schema/scalars.ts";
import { Schema } from "./schema/schema.ts";
import { union } from "./schema/union.ts";
import type { UnionSchema } from "./schema/union.ts";
import type { AnySchema, Infer, InferInput } from "./schema/schema.ts";

export type { Fields, InferFields, InferFieldsInput } from "./schema/containers.ts";
export type { AnySchema, Infer, InferInput, Presence } from "./schema/schema.ts";
export { ArraySchema, ObjectSchema, RecordSchema } from "./schema/containers.ts";
export { NumberSchema, StringSchema } from "./schema/scalars.ts";
export { Schema } from "./schema/schema.ts";
export { configParser, jsonSchemaOf } from "./schema/standard-schema.ts";
export type {
  ConfigInputOf,
  ConfigOf,
  ConfigSchema,
  StandardConfigSchema,
} from "./schema/standard-schema.ts";
export type { UnionSchema } from "./schema/union.ts";

/** Builders of schemas. Every method of a schema returns a new one. */
export interface SchemaBuilders {
  string(): StringSchema;
  /** An absolute URL of http or https. */
  url(): StringSchema;
  /** Any finite number. */
  number(): NumberSchema;
  integer(): NumberSchema;
  /** 0 to 65535. */
  port(): NumberSchema;
  boolean(): Schema<boolean>;
  /** One of the given strings. */
  enum<const Values extends readonly [string, ...string[]]>(values: Values): Schema<Values[number]>;
  /** Exactly this value. */
  literal<const Value extends string | number | boolean>(value: Value): Schema<Value>;
  array<Item extends AnySchema>(items: Item): ArraySchema<Infer<Item>, InferInput<Item>>;
  /** A value of one of these kinds; the first that fits counts. */
  union<const Items extends readonly [AnySchema, AnySchema, ...AnySchema[]]>(
    alternatives: Items,
  ): UnionSchema<Items>;
  /** Fixed fields; any other key is a fault of the config. */
  object<const F extends Fields>(fields: F): ObjectSchema<F>;
  /** Free keys, all with values of one kind. */
  record<Value extends AnySchema>(values: Value): RecordSchema<Infer<Value>, InferInput<Value>>;
}

export const s: SchemaBuilders = {
  string: () => new StringSchema({ type: "string" }),
  url: () => new StringSchema({ type: "string", pattern: "^https?://[^\\s/?#]+[^\\s]*$" }),
  number: () => new NumberSchema({ type: "number" }),
  integer: () => new NumberSchema({ type: "integer" }),
  port: () => new NumberSchema({ type: "integer", minimum: 0, maximum: 65_535 }),
  boolean: () => new Schema<boolean>({ type: "boolean" }),
  enum: (values) => new Schema({ type: "string", enum: [...values] }),
  literal: (value) => new Schema({ type: typeof value, const: value } satisfies JsonSchema),
  array: (items) => new ArraySchema({ type: "array", items: items.jsonSchema }),
  union,
  object: (fields) => new ObjectSchema(fields),
  record: (values) => new RecordSchema({ type: "object", additionalProperties: values.jsonSchema }),
};
