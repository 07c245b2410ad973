// Which servers the operator's config of a plugin entry names: those that its schema marks as endpoints.
import type { ConfigNode, PlainValue } from "../document/node.ts";
import { isUnset } from "../document/node.ts";
import { parseHostGrant } from "../schema/host-grant.ts";
import { asSchema, schemaOf, schemasOf } from "./schema.ts";
import type { JsonSchema } from "./schema.ts";

/**
 * Marks a URL, a "host:port", or a mapping with `host` (or `ip`) and `port`, or the upstream's: true counts what the file says, "default"
 * also what the schema fills in.
 */
const MARK = "x-endpoint";

const PAIRS = [
  ["host", "port"],
  ["ip", "port"],
  ["upstream_host", "upstream_port"],
] as const;

/** `host:port` of each, lower case; `written` is the config as it stands in the file, `value` as it was checked. */
export function endpointsOf(
  schema: JsonSchema,
  written: ConfigNode | undefined,
  value: PlainValue,
): readonly string[] {
  const found: string[] = [];
  collect(schema, written, value, found);
  return [...new Set(found)];
}

function collect(
  schema: JsonSchema,
  written: ConfigNode | undefined,
  value: PlainValue | undefined,
  found: string[],
): void {
  if (value === undefined || value === null) return;
  const counts = (node: ConfigNode | undefined): boolean =>
    schema[MARK] === "default" || (schema[MARK] === true && !isUnset(node));
  for (const alternative of schemasOf(schema["anyOf"] ?? schema["oneOf"])) {
    collect(alternative, written, value, found);
  }
  if (typeof value === "string") {
    if (counts(written)) found.push(...hostOf(value));
    return;
  }
  if (isList(value)) {
    const items = asSchema(schema["items"]) ?? {};
    const nodes = written?.kind === "list" ? written.items : [];
    for (const [at, item] of value.entries()) collect(items, nodes[at], item, found);
    return;
  }
  if (typeof value !== "object") return;
  const entries = written?.kind === "mapping" ? written.entries : undefined;
  for (const [host, port] of PAIRS) {
    if (counts(entries?.get(host)?.value)) found.push(...pairOf(value[host], value[port]));
  }
  const properties = schemaOf(schema["properties"]) ?? {};
  const others = asSchema(schema["additionalProperties"]) ?? {};
  for (const [key, member] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? asSchema(properties[key]) : others;
    collect(known ?? {}, entries?.get(key)?.value, member, found);
  }
}

/** Texts that name no server are the plugin's to refuse. */
function hostOf(text: string): string[] {
  if (!/^https?:\/\//i.test(text)) return granted(text);
  const url = URL.parse(text);
  if (url === null) return [];
  const schemePort = url.protocol === "https:" ? "443" : "80";
  return granted(`${url.hostname}:${url.port === "" ? schemePort : url.port}`);
}

function pairOf(host: PlainValue | undefined, port: PlainValue | undefined): string[] {
  if (typeof host !== "string" || typeof port !== "number") return [];
  const bare = host.replace(/^\[|\]$/g, "");
  return granted(`${bare.includes(":") ? `[${bare}]` : bare}:${port}`);
}

function granted(text: string): string[] {
  const grant = parseHostGrant(text);
  return grant?.port === undefined || grant.isSuffix ? [] : [text.toLowerCase()];
}

// Array.isArray does not narrow readonly arrays.
function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}
