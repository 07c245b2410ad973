// Routes and requests for tests, of which only the interesting parts are spelled out.
import type { RouteConfig } from "../config/model.ts";
import { DEFAULT_ENCODED_CHARACTERS } from "./path-policy.ts";
import type { RoutingInput } from "./router.ts";

export type RouteParts = Partial<Omit<RouteConfig, "id">>;

export function routeOf(id: string, parts: RouteParts): RouteConfig {
  return {
    id,
    name: id,
    serviceId: undefined,
    hosts: [],
    paths: [],
    methods: [],
    headers: {},
    stripPath: true,
    preserveHost: false,
    regexPriority: 0,
    timeoutMs: undefined,
    encodedCharacters: DEFAULT_ENCODED_CHARACTERS,
    responseHeadersToRemove: [],
    pluginOrder: [],
    tags: [],
    source: { path: "routes[0]", line: 1, column: 1 },
    ...parts,
  };
}

export interface RequestParts {
  readonly method?: string;
  readonly host?: string;
  readonly authority?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

export function requestOf(parts: RequestParts): RoutingInput {
  const host = parts.host ?? "localhost";
  return {
    method: parts.method ?? "GET",
    host,
    authority: parts.authority ?? host,
    path: parts.path ?? "/",
    headers: (name) => parts.headers?.[name] ?? [],
  };
}
