// Kong's plugin entry; its config is checked against the plugin's own schema.
import { z } from "zod";
import { FAIL_STRATEGIES, ISOLATIONS } from "../model.ts";
import type { FailStrategy, Isolation } from "../model.ts";
import { commonFields, entityName, readElsewhere } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";
import { grantsSchema, limitsSchema, orderingSchema, wasmSchema } from "./plugin-rights.ts";
import type { GrantsFields, LimitsFields, OrderingFields, WasmFields } from "./plugin-rights.ts";

const PROTOCOLS: ReadonlySet<string> = new Set(["http", "https", "grpc", "grpcs"]);
const protocols = z
  .array(z.string())
  .refine((all) => all.includes("http") && all.every((each) => PROTOCOLS.has(each)), {
    error:
      'only http is supported by this version: expected a list of http, https, grpc, grpcs with "http" in it',
  });

function oneOf(words: readonly string[]): { readonly error: string } {
  return { error: `expected ${words.slice(0, -1).join(", ")} or ${words.at(-1)}` };
}

export interface PluginFields extends CommonFields {
  readonly name: string;
  readonly instance_name?: string | undefined;
  readonly enabled: boolean;
  readonly fail_strategy: FailStrategy;
  readonly isolation: Isolation;
  readonly limits: LimitsFields;
  readonly grants: GrantsFields;
  readonly ordering: OrderingFields;
  readonly wasm?: WasmFields | undefined;
}

export const pluginSchema: z.ZodType<PluginFields> = z.strictObject({
  ...commonFields,
  name: z.string().min(1),
  instance_name: entityName.optional(),
  enabled: z.boolean().default(true),
  protocols: protocols.optional(),
  config: readElsewhere,
  route: readElsewhere,
  service: readElsewhere,
  consumer: readElsewhere,
  fail_strategy: z.enum(FAIL_STRATEGIES, oneOf(FAIL_STRATEGIES)).default("fail_close"),
  isolation: z.enum(ISOLATIONS, oneOf(ISOLATIONS)).default("shared"),
  limits: limitsSchema.prefault({}),
  grants: grantsSchema.prefault({}),
  ordering: orderingSchema.prefault({}),
  wasm: wasmSchema.optional(),
  ...notYetFields({ consumer_group: [], condition: [], partials: [] }),
});
