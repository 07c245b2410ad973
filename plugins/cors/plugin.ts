// Cross-origin resource sharing, as Kong's cors does it: preflights are answered, other responses get their headers.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { compileOrigins } from "./origins.ts";
import type { Origins } from "./origins.ts";

const METHODS = [
  "GET",
  "HEAD",
  "PUT",
  "PATCH",
  "POST",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
] as const;

const headerNames = s.array(headerName).default([]);

const config = s.object({
  origins: s.array(s.string().nonEmpty()).default([]).describe("Origins, regexes, or *."),
  methods: s.array(s.enum(METHODS)).default(METHODS),
  headers: headerNames.describe("Default: what the preflight asks for."),
  exposed_headers: headerNames,
  max_age: s.number().min(0).optional().describe("Of a preflight's answer in a browser, s."),
  credentials: s.boolean().default(false),
  private_network: s.boolean().default(false),
  preflight_continue: s.boolean().default(false).describe("Lets the upstream answer preflights."),
  allow_origin_absent: s
    .boolean()
    .default(true)
    .describe("Responses to requests without an Origin get the headers, too."),
});

interface Settings {
  readonly origins: Origins;
  readonly credentials: boolean;
  readonly privateNetwork: boolean;
  readonly preflightContinue: boolean;
  readonly allowOriginAbsent: boolean;
  /** Values as they are sent. */
  readonly methods: string;
  readonly headers: string;
  readonly maxAge: string | undefined;
  /** What responses to others than preflights get, where it is the same whatever the origin is. */
  readonly constant: Permission | undefined;
  /** What the last one got otherwise: most requests come from the pages of few origins. */
  latest: Permission | undefined;
  readonly exposedHeaders: string;
}

export default definePlugin({
  name: "cors",
  version: "1.0.0",
  priority: 2000,
  config,

  configure(config): Settings {
    const settings: Settings = {
      origins: compileOrigins(config.origins),
      credentials: config.credentials,
      privateNetwork: config.private_network,
      preflightContinue: config.preflight_continue,
      allowOriginAbsent: config.allow_origin_absent,
      methods: config.methods.join(","),
      headers: config.headers.join(","),
      exposedHeaders: config.exposed_headers.join(","),
      maxAge: config.max_age === undefined ? undefined : String(config.max_age),
      constant: undefined,
      latest: undefined,
    };
    const { origins, credentials, allowOriginAbsent } = settings;
    const isConstant = origins.isConstant && allowOriginAbsent;
    const isReflected = credentials && origins.allowedFor(undefined) === "*";
    if (!isConstant || isReflected) return settings;
    return { ...settings, constant: permissionFor(undefined, settings) };
  },

  onRequest(ctx, settings) {
    const { constant } = settings;
    const isOptions = ctx.request.method === "OPTIONS";
    if (constant !== undefined && !isOptions) return noteAlways(ctx, constant);
    const origin = ctx.request.header("origin");
    if (origin === undefined || !isOptions || !asksForMethod(ctx)) {
      return noteHeaders(ctx, origin, settings);
    }
    // What the upstream says of a preflight stays as it is.
    if (settings.preflightContinue) return;
    return answerPreflight(ctx, origin, settings);
  },
});

function asksForMethod({ request }: RequestContext): boolean {
  return request.header("access-control-request-method") !== undefined;
}

/** For whatever response the request gets. */
function noteHeaders(ctx: RequestContext, origin: string | undefined, settings: Settings): void {
  if (origin === undefined && !settings.allowOriginAbsent) return;
  const { latest } = settings;
  if (latest !== undefined && latest.origin === origin) return noteAlways(ctx, latest);
  settings.latest = permissionFor(origin, settings);
  noteAlways(ctx, settings.latest);
}

/** It depends on nothing but the method and the origin. */
function noteAlways(ctx: RequestContext, permission: Permission): void {
  note(ctx, permission);
  ctx.remember();
}

/** Who may read a response, as headers; what an upstream says of that does not count. */
interface Permission {
  /** Of the request. */
  readonly origin: string | undefined;
  readonly isAllowed: boolean;
  readonly varies: boolean;
  /** To set, as setHeaderBlock takes them. */
  readonly block: string;
  readonly count: number;
}

function permissionFor(
  origin: string | undefined,
  { origins, credentials, exposedHeaders }: Settings,
): Permission {
  const allowed = origins.allowedFor(origin);
  // A browser takes no * for a request with credentials, so it gets its own origin.
  const isReflected = credentials && allowed === "*" && origin !== undefined;
  const said = isReflected ? origin : allowed;
  const headers: string[] = [];
  if (said !== undefined) headers.push("Access-Control-Allow-Origin", said);
  if (credentials && said !== "*") headers.push("Access-Control-Allow-Credentials", "true");
  if (exposedHeaders !== "") headers.push("Access-Control-Expose-Headers", exposedHeaders);
  return {
    origin,
    isAllowed: said !== undefined,
    varies: origins.dependOnRequest || isReflected,
    block: headers.map((part) => `${part}\0`).join(""),
    count: headers.length / 2,
  };
}

function note({ response }: RequestContext, permission: Permission): void {
  if (permission.varies) response.addHeader("Vary", "Origin");
  if (!permission.isAllowed) response.removeHeader("Access-Control-Allow-Origin");
  if (permission.count > 0) response.setHeaderBlock(permission.block, permission.count);
}

function answerPreflight(ctx: RequestContext, origin: string, settings: Settings): EarlyResponse {
  const { request, response } = ctx;
  note(ctx, permissionFor(origin, { ...settings, exposedHeaders: "" }));
  const asked = request.header("access-control-request-headers");
  const headers = settings.headers === "" ? asked : settings.headers;
  if (headers !== undefined) response.setHeader("Access-Control-Allow-Headers", headers);
  response.setHeader("Access-Control-Allow-Methods", settings.methods);
  if (settings.maxAge !== undefined) response.setHeader("Access-Control-Max-Age", settings.maxAge);
  const asksForPrivate = request.header("access-control-request-private-network") === "true";
  if (settings.privateNetwork && asksForPrivate) {
    response.setHeader("Access-Control-Allow-Private-Network", "true");
  }
  return ctx.respond(200);
}
