// Schemas of lists, of objects with fixed fields, and of objects with free keys.
import type { JsonSchema } from "../abi.ts";
import { Schema } from "./schema.ts";
import type { AnySchema, Infer, InferInput, Presence } from "./schema.ts";

export class ArraySchema<Output, Input> extends Schema<readonly Output[], readonly Input[]> {
  /** At least this many items. */
  min(items: number): ArraySchema<Output, Input> {
    return this.#with({ minItems: items });
  }

  /** At most this many items. */
  max(items: number): ArraySchema<Output, Input> {
    return this.#with({ maxItems: items });
  }

  nonEmpty(): ArraySchema<Output, Input> {
    return this.min(1);
  }

  /** No two items are equal. */
  unique(): ArraySchema<Output, Input> {
    return this.#with({ uniqueItems: true });
  }

  #with(keywords: Readonly<Record<string, unknown>>): ArraySchema<Output, Input> {
    return new ArraySchema({ ...this.jsonSchema, ...keywords });
  }
}

export class RecordSchema<Output, Input> extends Schema<
  Readonly<Record<string, Output>>,
  Readonly<Record<string, Input>>
> {}

export type Fields = Readonly<Record<string, AnySchema>>;

export class ObjectSchema<F extends Fields> extends Schema<InferFields<F>, InferFieldsInput<F>> {
  readonly fields: F;

  constructor(fields: F, keywords: JsonSchema = {}) {
    super({ ...jsonSchemaOf(fields), ...keywords });
    this.fields = fields;
  }

  /** A config must give one of these fields at least, Kong's `at_least_one_of`. Use it once for an object. */
  atLeastOneOf(
    ...names: readonly (keyof F & string)[]
  ): Schema<InferFields<F>, InferFieldsInput<F>> {
    const anyOf = names.map((name) => ({ required: [name] }));
    return new Schema({ ...this.jsonSchema, anyOf });
  }

  /**
   * The fields `host` (or `ip`) and `port` name a server that the plugin talks to, as with a string's `endpoint()`.
   * `countsDefault` for a host that also counts when it is the schema's default: only what is sure to be the
   * operator's own, such as an agent on this machine.
   */
  endpoint(countsDefault: boolean = false): ObjectSchema<F> {
    return new ObjectSchema(this.fields, { "x-endpoint": countsDefault ? "default" : true });
  }
}

function jsonSchemaOf(fields: Fields): JsonSchema {
  const entries = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, field]) => [name, field.jsonSchema])),
    required: entries.filter(([, field]) => !field.isOptional).map(([name]) => name),
    additionalProperties: false,
  };
}

type PresenceOf<S extends AnySchema> =
  S extends Schema<infer _Output, infer _Input, infer P extends Presence> ? P : never;

type NamesOf<F extends Fields, P extends Presence> = {
  [Name in keyof F]: PresenceOf<F[Name]> extends P ? Name : never;
}[keyof F];

// Spelled out again so that editors show the fields and not the machinery.
type Flat<T> = { [Name in keyof T]: T[Name] };

/** What handlers see: only optional fields may be undefined. */
export type InferFields<F extends Fields> = Flat<
  { readonly [Name in NamesOf<F, "required" | "defaulted">]: Infer<F[Name]> } & {
    readonly [Name in NamesOf<F, "optional">]?: Infer<F[Name]>;
  }
>;

/** What a config may say: only required fields must be there. */
export type InferFieldsInput<F extends Fields> = Flat<
  { readonly [Name in NamesOf<F, "required">]: InferInput<F[Name]> } & {
    readonly [Name in NamesOf<F, "optional" | "defaulted">]?: InferInput<F[Name]>;
  }
>;
