// Kong's plugin entry; its config is checked against the plugin's own schema.
import { z } from "zod";
import { commonFields, entityName, readElsewhere } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";

const PROTOCOLS: ReadonlySet<string> = new Set(["http", "https", "grpc", "grpcs"]);
const protocols = z
  .array(z.string())
  .refine((all) => all.includes("http") && all.every((each) => PROTOCOLS.has(each)), {
    error:
      'only http is supported by this version: expected a list of http, https, grpc, grpcs with "http" in it',
  });

export interface PluginFields extends CommonFields {
  readonly name: string;
  readonly instance_name?: string | undefined;
  readonly enabled: boolean;
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
  ...notYetFields({ consumer_group: [], ordering: [], condition: [], partials: [] }),
});
