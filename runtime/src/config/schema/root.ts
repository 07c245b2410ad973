// The document itself: what stands beside the entities.
import { z } from "zod";
import { notYet, notYetFields } from "./not-yet.ts";

const FORMAT_VERSIONS = ["3.0", "2.1", "1.1"] as const;
export type FormatVersion = (typeof FORMAT_VERSIONS)[number];

const version = z.enum(FORMAT_VERSIONS, {
  error: (issue) =>
    typeof issue.input === "number"
      ? 'expected the version as text, in quotes: "3.0", "2.1" or "1.1"'
      : 'expected "3.0", "2.1" or "1.1"',
});

export interface RootFields {
  readonly _format_version: FormatVersion;
}

export const rootSchema: z.ZodType<RootFields> = z.strictObject({
  _format_version: version,
  // false would mean that the credentials in the file are hashed already.
  _transform: notYet("_transform", true),
  _comment: z.string().optional(),
  _ignore: z.array(z.string()).optional(),
  _info: z
    .strictObject({
      select_tags: z.array(z.string()).optional(),
      ...notYetFields({ defaults: [{}], default_lookup_tags: [{}] }),
    })
    .optional(),
  ...notYetFields({
    _workspace: ["default"],
    ca_certificates: [[]],
    certificates: [[]],
    consumer_groups: [[]],
    filter_chains: [[]],
    key_sets: [[]],
    keys: [[]],
    oauth2_credentials: [[]],
    parameters: [[]],
    partials: [[]],
    snis: [[]],
    vaults: [[]],
  }),
});
