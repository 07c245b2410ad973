// Fills in the defaults of a config, as the gateway does after it has checked it.
import type { JsonSchema } from "../abi.ts";
import { checkConfig } from "../schema/check-config.ts";

/** A copy of `value` with what the schema's `default` keywords give for missing fields, at any depth. */
export function fillDefaults(schema: JsonSchema, value: unknown): unknown {
  return checkConfig(schema, value).value;
}
