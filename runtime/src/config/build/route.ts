// A route of the config.
import { valueNode } from "../document/node.ts";
import type { ConfigNode } from "../document/node.ts";
import type { RouteConfig } from "../model.ts";
import { encodedCharacters } from "../schema/encoded-characters.ts";
import { upgradePath } from "../schema/route.ts";
import type { RouteFields } from "../schema/route.ts";
import { buildBulkhead } from "./bounds.ts";
import type { BuildContext, Decoded } from "./context.ts";
import { buildTries } from "./tries.ts";
import { buildFallback } from "./fallback.ts";

export function buildRoute(
  route: Decoded<RouteFields>,
  context: BuildContext,
): RouteConfig | undefined {
  const { record, fields } = route;
  const service = context.registry.resolve(record, "service");
  if (!ATTRIBUTES.some((attribute) => isGiven(valueNode(record.node, attribute)))) {
    const message = `expected at least one of ${ATTRIBUTES.join(", ")}`;
    context.faults.add(record.path, record.node.offset, message);
  }
  if (service.kind === "broken") return undefined;
  return {
    id: context.registry.idOf(record),
    name: fields.name,
    serviceId: service.kind === "found" ? service.id : undefined,
    hosts: fields.hosts.map((host) => host.toLowerCase()),
    paths: fields.paths.map((path) => upgradePath(path, context.formatVersion)),
    methods: fields.methods,
    headers: lowerCaseNames(fields.headers),
    stripPath: fields.strip_path,
    preserveHost: fields.preserve_host,
    regexPriority: fields.regex_priority,
    timeoutMs: fields.timeout,
    encodedCharacters: encodedCharacters(fields.encoded_characters),
    responseHeadersToRemove: fields.response_headers_to_remove.map((name) => name.toLowerCase()),
    fallback: fields.fallback && buildFallback(fields.fallback, record, context),
    bulkhead: fields.bulkhead && buildBulkhead(fields.bulkhead),
    pluginOrder: fields.plugin_order,
    tries: buildTries(fields),
    tags: fields.tags,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

const ATTRIBUTES = ["hosts", "paths", "methods", "headers"];

function isGiven(node: ConfigNode | undefined): boolean {
  if (node?.kind === "list") return node.items.length > 0;
  return node?.kind === "mapping" ? node.entries.size > 0 : node !== undefined;
}

function lowerCaseNames(
  headers: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values]);
  return Object.fromEntries(entries);
}

/** Kong's last criterion is age: routes that say when they were made come first, the rest in the file's order. */
export function byAge(one: Decoded<RouteFields>, other: Decoded<RouteFields>): number {
  const never = Number.MAX_SAFE_INTEGER;
  return (one.fields.created_at ?? never) - (other.fields.created_at ?? never);
}
