// What makes two requests ask for the same. The parts are put together as JSON and hashed: no value can pass for
// another part's (K3).
import { digest } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import type { Config } from "./settings.ts";

type Keyed = Pick<RequestContext, "request" | "consumers">;
type Asked = Pick<Keyed["request"], "headers">;

/** Everything but what Vary of the response names. GET and HEAD are one: a HEAD is answered from a GET. */
export function primaryKey({ request, consumers }: Keyed, config: Config, entryId: string): string {
  const { ignore_uri_case, vary_headers = [], vary_query_params } = config;
  const path = ignore_uri_case ? request.path.toLowerCase() : request.path;
  const query =
    vary_query_params === undefined
      ? request.query
      : [...vary_query_params].sort().map((name) => [name, request.queryArgs(name)]);
  // RFC 9111 §3.5: what was said to one who showed credentials is not said to another.
  const credentials = [request.headers("authorization"), consumers.current?.id ?? null];
  // A proxy that is trusted may state another host than Host.
  const stated = ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"].map(
    (name) => request.header(name) ?? null,
  );
  return hash([
    entryId,
    request.scheme,
    request.host,
    // With its port, as a route with preserve_host tells the upstream.
    request.header("host")?.toLowerCase() ?? null,
    stated,
    path,
    query,
    credentials,
    consumers.credentialId ?? null,
    valuesOf(request, request.headerNames().filter(isIdentity)),
    valuesOf(request, vary_headers),
  ]);
}

/**
 * Applications take a path or method from these; what is stored would depend on what is not part of the key (K2).
 * Some read underscores as dashes.
 */
export function isUnkeyed(name: string): boolean {
  return UNKEYED.has(name.toLowerCase().replaceAll("_", "-"));
}

const UNKEYED: ReadonlySet<string> = new Set([
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-original-host",
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
]);

/** Two tokens of one user may have other scopes or groups. */
function isIdentity(name: string): boolean {
  return /^x-(?:consumer|credential|authenticated|anonymous)-/i.test(name);
}

/** Of one of several responses, by the headers that Vary names. */
export function variantKey(primary: string, names: readonly string[], request: Asked): string {
  return hash([primary, valuesOf(request, names)]);
}

function valuesOf(request: Asked, names: readonly string[]): (string | string[])[][] {
  return names.map((name) => [name.toLowerCase(), request.headers(name)]);
}

function hash(parts: unknown): string {
  return digest("SHA-256", JSON.stringify(parts), "hex");
}
