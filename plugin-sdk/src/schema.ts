// `s` describes the config of a plugin: it yields a JSON Schema for the gateway and a type for the author.
// The gateway checks configs and fills in defaults; nothing here runs while traffic flows.
import type { JsonSchema } from "./abi.ts";
import { ArraySchema, ObjectSchema, RecordSchema } from "./schema/containers.ts";
import type { Fields } from "./schema/containers.ts";
import { NumberSchema, StringSchema } from "./schema/scalars.ts";
import { Schema } from "./schema/schema.ts";
import type { AnySchema, Infer, InferInput } from "./schema/schema.ts";

export type { Fields, InferFields, InferFieldsInput } from "./schema/containers.ts";
export type { AnySchema, Infer, InferInput, Presence } from "./schema/schema.ts";
export { ArraySchema, ObjectSchema, RecordSchema } from "./schema/containers.ts";
export { NumberSchema, StringSchema } from "./schema/scalars.ts";
export { Schema } from "./schema/schema.ts";

/** Builders of schemas. Every method of a schema returns a new one. */
export interface SchemaBuilders {
  string(): StringSchema;
  /** Any finite number. */
  number(): NumberSchema;
  integer(): NumberSchema;
  boolean(): Schema<boolean>;
  /** One of the given strings. */
  enum<const Values extends readonly [string, ...string[]]>(values: Values): Schema<Values[number]>;
  /** Exactly this value. */
  literal<const Value extends string | number | boolean>(value: Value): Schema<Value>;
  array<Item extends AnySchema>(items: Item): ArraySchema<Infer<Item>, InferInput<Item>>;
  /** Fixed fields; any other key is a fault of the config. */
  object<const F extends Fields>(fields: F): ObjectSchema<F>;
  /** Free keys, all with values of one kind. */
  record<Value extends AnySchema>(values: Value): RecordSchema<Infer<Value>, InferInput<Value>>;
}

export const s: SchemaBuilders = {
  string: () => new StringSchema({ type: "string" }),
  number: () => new NumberSchema({ type: "number" }),
  integer: () => new NumberSchema({ type: "integer" }),
  boolean: () => new Schema<boolean>({ type: "boolean" }),
  enum: (values) => new Schema({ type: "string", enum: [...values] }),
  literal: (value) => new Schema({ type: typeof value, const: value } satisfies JsonSchema),
  array: (items) => new ArraySchema({ type: "array", items: items.jsonSchema }),
  object: (fields) => new ObjectSchema(fields),
  record: (values) => new RecordSchema({ type: "object", additionalProperties: values.jsonSchema }),
};
