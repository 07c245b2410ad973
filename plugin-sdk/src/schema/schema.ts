// What all schemas have in common: their JSON Schema, and whether a config may leave the field out.
import type { JsonSchema } from "../abi.ts";

/** Whether a config must give the field: `optional` may stay undefined, `defaulted` is filled in by the gateway. */
export type Presence = "required" | "optional" | "defaulted";

/** `Output` is what handlers see, `Input` what a config file may say. */
export class Schema<Output, Input = Output, P extends Presence = "required"> {
  // Carries types only, there is no such property at run time; `~` keeps it last in an editor's completions.
  declare readonly "~types": {
    readonly output: Output;
    readonly input: Input;
    readonly presence: P;
  };

  /** JSON Schema 2020-12. */
  readonly jsonSchema: JsonSchema;
  readonly isOptional: boolean;

  constructor(jsonSchema: JsonSchema, isOptional = false) {
    this.jsonSchema = jsonSchema;
    this.isOptional = isOptional;
  }

  /** One sentence for the docs and for `sluice plugin inspect`. */
  describe(description: string): Schema<Output, Input, P> {
    return new Schema({ ...this.jsonSchema, description }, this.isOptional);
  }

  /** What the gateway fills in when the config leaves the field out. Comes after the limits of the value. */
  default(this: Schema<Output, Input>, value: Input): Schema<Output, Input, "defaulted"> {
    return new Schema({ ...this.jsonSchema, default: value }, true);
  }

  /** Handlers see `undefined` when the config leaves the field out. Comes after the limits of the value. */
  optional(this: Schema<Output, Input>): Schema<Output, Input, "optional"> {
    return new Schema(this.jsonSchema, true);
  }
}

/** Any schema, for constraints of type parameters. */
export type AnySchema = Schema<unknown, unknown, Presence>;

/** The type that handlers see: defaults are filled in, an optional value may be undefined. */
export type Infer<S extends AnySchema> =
  S extends Schema<infer Output, infer _Input, infer P>
    ? P extends "optional"
      ? Output | undefined
      : Output
    : never;

/** The type of what a config may say: fields with a default may be left out. */
export type InferInput<S extends AnySchema> =
  S extends Schema<infer _Output, infer Input, infer _P> ? Input : never;
