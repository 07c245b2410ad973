// A value of one of several kinds.
import { Schema } from "./schema.ts";
import type { AnySchema, Infer, InferInput } from "./schema.ts";

export type UnionSchema<Items extends readonly AnySchema[]> = Schema<
  Infer<Items[number]>,
  InferInput<Items[number]>
>;

/** The first that fits counts: put the narrower ones first. */
export function union<const Items extends readonly [AnySchema, AnySchema, ...AnySchema[]]>(
  alternatives: Items,
): UnionSchema<Items> {
  return new Schema({ anyOf: alternatives.map(({ jsonSchema }) => jsonSchema) });
}
