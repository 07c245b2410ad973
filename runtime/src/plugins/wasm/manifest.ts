// A plugin's manifest, parsed from what a stranger may have written.
import { ABI_VERSION, PHASES } from "@sluice/plugin-sdk/abi";
import type { Manifest } from "@sluice/plugin-sdk/abi";
import * as z from "zod";
import { metricsSchema } from "./metric-schema.ts";

const schema = z.object({
  abi: z.literal(ABI_VERSION, { error: `abi: expected ${ABI_VERSION}` }),
  name: z.string(),
  version: z.string(),
  priority: z.int(),
  phases: z.array(z.enum(PHASES)),
  config: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()).default([]),
  metrics: metricsSchema.default([]),
});

/** Throws an Error that names the first fault. */
export function readManifest(json: string): Manifest {
  const parsed = schema.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`);
}
