// The registry of an upstream: its kind, and the fields that this kind has.
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { SOURCES } from "../../discovery/sources/all.ts";
import { textOf, valueNode } from "../document/node.ts";
import type { ConfigNode, MappingNode } from "../document/node.ts";
import { decode } from "../entities/decode.ts";
import { childPath } from "../faults.ts";
import type { DiscoveryConfig } from "../upstream-model.ts";
import type { UpstreamFields } from "../schema/upstream.ts";
import type { BuildContext, Decoded } from "./context.ts";
import { withSecrets } from "./plugin-config.ts";

/** Those of all kinds. */
const COMMON_FIELDS = z.looseObject({
  type: z.string(),
  required: z.boolean().default(false),
});
const OTHER_FIELDS = ["type", "required"];

/** Undefined when there is none, and when a fault was logged. */
export function buildDiscovery(
  { record }: Decoded<UpstreamFields>,
  context: BuildContext,
): DiscoveryConfig | undefined {
  const written = valueNode(record.node, "discovery");
  if (written === undefined) return undefined;
  const path = childPath(record.path, "discovery");
  if (written.kind !== "mapping") {
    context.faults.add(path, written.offset, "expected a mapping with type");
    return undefined;
  }
  const types = SOURCES.map(({ type }) => type).join(", ");
  const type = textOf(written, "type");
  const source = SOURCES.find((each) => each.type === type);
  if (source === undefined) {
    const node: ConfigNode = valueNode(written, "type") ?? written;
    const got = type === undefined ? "" : `, got ${JSON.stringify(type)}`;
    context.faults.add(childPath(path, "type"), node.offset, `expected one of ${types}${got}`);
    return undefined;
  }
  const node = withSecrets(hideCredentials(written), path, context);
  if (node?.kind !== "mapping") return undefined;
  const target = { what: `discovery by ${source.type}`, path, isSecret: false };
  const common = decode(COMMON_FIELDS, { ...target, node, otherKeys: [] }, context.faults);
  const own = without(node, OTHER_FIELDS);
  const decoded = { ...target, node: own, otherKeys: OTHER_FIELDS };
  const fields: unknown = decode(source.schema, decoded, context.faults);
  return {
    type: source.type,
    isRequired: common?.required ?? false,
    folder: dirname(resolve(context.file)),
    fields,
  };
}

const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set(["token", "password"]);

/** No message shows what is, or might be, a credential: it may have been written where it does not belong. */
function hideCredentials(node: ConfigNode, key = ""): ConfigNode {
  switch (node.kind) {
    case "scalar":
      return CREDENTIAL_FIELDS.has(key) || node.text.includes("@")
        ? { ...node, isSecret: true }
        : node;
    case "list":
      return { ...node, items: node.items.map((item) => hideCredentials(item, key)) };
    case "mapping": {
      const entries = [...node.entries].map(([name, entry]) => {
        return [name, { ...entry, value: hideCredentials(entry.value, name) }] as const;
      });
      return { ...node, entries: new Map(entries) };
    }
  }
}

function without(node: MappingNode, keys: readonly string[]): MappingNode {
  const entries = [...node.entries].filter(([key]) => !keys.includes(key));
  return { ...node, entries: new Map(entries) };
}
