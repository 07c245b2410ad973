// What an upstream's consistent hashing goes by: hash_on and hash_fallback with the names that belong to them.
import { valueNode } from "../document/node.ts";
import type { EntityRecord } from "../entities/structure.ts";
import { quote } from "../faults.ts";
import type { HashNameFields, UpstreamFields } from "../schema/upstream.ts";
import type { HashInput, UpstreamConfig } from "../upstream-model.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

type Kind = UpstreamFields["hash_on"];
type NameField = keyof HashNameFields;

/** A cookie is one for both: what the fallback sets is what the first looks for. */
const ON_NAMES: Partial<Record<Kind, NameField>> = {
  header: "hash_on_header",
  cookie: "hash_on_cookie",
  query_arg: "hash_on_query_arg",
  uri_capture: "hash_on_uri_capture",
};
const FALLBACK_NAMES: Partial<Record<Kind, NameField>> = {
  header: "hash_fallback_header",
  cookie: "hash_on_cookie",
  query_arg: "hash_fallback_query_arg",
  uri_capture: "hash_fallback_uri_capture",
};

export function buildHashInputs(
  { record, fields }: Decoded<UpstreamFields>,
  context: BuildContext,
): Pick<UpstreamConfig, "hashOn" | "hashFallback"> {
  const { hash_on: on, hash_fallback: fallback } = fields;
  const fault = fallbackFault(fields);
  if (fault !== undefined) addFieldFault(context, record, "hash_fallback", fault);
  const onName = ON_NAMES[on];
  const fallbackName = FALLBACK_NAMES[fallback];
  for (const [cause, name] of [
    [`hash_on is ${on}`, onName],
    [`hash_fallback is ${fallback}`, fallbackName],
  ] as const) {
    if (name === undefined || valueNode(record.node, name) !== undefined) continue;
    addFieldFault(context, record, name, `missing: expected it, since ${cause}`);
  }
  checkDistinct(record, fields, context);
  return {
    hashOn: hashInput(on, onName && fields[onName]),
    hashFallback: hashInput(fallback, fallbackName && fields[fallbackName]),
  };
}

function fallbackFault({
  hash_on: on,
  hash_fallback: fallback,
}: UpstreamFields): string | undefined {
  if (fallback === "none") return undefined;
  if (on === "none") return `expected "none" while hash_on is none, got ${quote(fallback)}`;
  if (on === "cookie") return `expected "none": a cookie is set when it is absent`;
  // Two headers, arguments or captures may differ; there is one of each of the others.
  if (on === fallback && (on === "consumer" || on === "ip" || on === "path")) {
    return `expected something else than hash_on, got ${quote(fallback)}`;
  }
  return undefined;
}

function checkDistinct(record: EntityRecord, fields: HashNameFields, context: BuildContext): void {
  for (const [first, second] of [
    ["hash_on_header", "hash_fallback_header"],
    ["hash_on_query_arg", "hash_fallback_query_arg"],
    ["hash_on_uri_capture", "hash_fallback_uri_capture"],
  ] as const) {
    const value = fields[second];
    if (value === undefined || fields[first]?.toLowerCase() !== value.toLowerCase()) continue;
    addFieldFault(context, record, second, `expected another than ${first}, got ${quote(value)}`);
  }
}

function hashInput(kind: Kind, name: string | undefined): HashInput {
  switch (kind) {
    case "none":
    case "consumer":
    case "ip":
    case "path":
      return { kind };
    case "header":
      return { kind, name: name?.toLowerCase() ?? "" };
    case "cookie":
    case "query_arg":
    case "uri_capture":
      return { kind, name: name ?? "" };
  }
}
