// A service of the config: where it is, from `url` or from its parts.
import { dirname, resolve } from "node:path";
import { quote } from "../faults.ts";
import { valueNode } from "../document/node.ts";
import type { ServiceConfig } from "../model.ts";
import { isHost, isPort } from "../schema/fields.ts";
import { fixedPathFault } from "../schema/paths.ts";
import { protocolFault } from "../schema/service.ts";
import type { ServiceFields } from "../schema/service.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";
import { buildTries } from "./tries.ts";
import { buildFallback } from "./fallback.ts";

type Location = Pick<ServiceConfig, "protocol" | "host" | "port" | "path" | "app">;

export function buildService(
  service: Decoded<ServiceFields>,
  context: BuildContext,
): ServiceConfig | undefined {
  const location = locate(service, context);
  if (location === undefined) return undefined;
  const { record, fields } = service;
  return {
    id: context.registry.idOf(record),
    name: fields.name,
    ...location,
    retries: fields.retries,
    connectTimeoutMs: fields.connect_timeout,
    writeTimeoutMs: fields.write_timeout,
    readTimeoutMs: fields.read_timeout,
    fallback: fields.fallback && buildFallback(fields.fallback, record, context),
    enabled: fields.enabled,
    tries: buildTries(fields),
    tags: fields.tags,
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

function locate(service: Decoded<ServiceFields>, context: BuildContext): Location | undefined {
  const { record, fields } = service;
  if (fields.url === undefined) return locateByParts(service, context);
  let isClear = true;
  for (const field of ["protocol", "host", "port", "path"]) {
    if (valueNode(record.node, field) === undefined) continue;
    addFieldFault(context, record, field, `expected either url or ${field}, not both`);
    isClear = false;
  }
  const location = parseUrl(fields.url, context.file);
  if (typeof location !== "string") return isClear ? location : undefined;
  addFieldFault(context, record, "url", location);
  return undefined;
}

function locateByParts(
  { record, fields }: Decoded<ServiceFields>,
  context: BuildContext,
): Location | undefined {
  if (fields.host === undefined) {
    const isMissing = ["host", "url"].every((key) => valueNode(record.node, key) === undefined);
    if (isMissing) addFieldFault(context, record, "host", "missing: expected host, or url");
    return undefined;
  }
  const { port = 80, path } = fields;
  return { protocol: "http", host: fields.host.toLowerCase(), port, path, app: undefined };
}

const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@:[\]]+|\[[^\]]*\])(?::(\d+))?(\/[^?#]*)?$/i;

/** The location, or what is wrong with the url. A url may hold a password: only safe parts are shown. */
function parseUrl(url: string, file: string): Location | string {
  if (url.startsWith("app:")) return parseAppUrl(url.slice("app:".length), file);
  const [, protocol, host, port, path] = URL_PARTS.exec(url) ?? [];
  if (protocol === undefined || host === undefined) {
    return 'expected a url like "http://host:port/path" (no user, query or fragment), or "app:./module.ts"';
  }
  if (protocol.toLowerCase() !== "http") return protocolFault(protocol.toLowerCase());
  if (!isHost(host)) return `expected a url with a host name or address, got ${quote(host)}`;
  if (port !== undefined && !isPort(Number(port)))
    return "expected a url with a port from 1 to 65535";
  const pathFault = path === undefined ? undefined : fixedPathFault(path);
  if (pathFault !== undefined) return `in the path of the url: ${pathFault}`;
  const lowerHost = host.toLowerCase();
  return { protocol: "http", host: lowerHost, port: Number(port ?? 80), path, app: undefined };
}

function parseAppUrl(module: string, file: string): Location | string {
  if (!/^(?:\.{0,2}\/).+/.test(module)) return 'expected "app:" and a path like ./module.ts';
  const app = resolve(dirname(file), module);
  return { protocol: "app", host: "", port: 0, path: undefined, app };
}
