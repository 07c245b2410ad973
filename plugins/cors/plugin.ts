// Cross-origin resource sharing, as Kong's cors does it: preflights are answered, other responses get their headers.
import { definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { HEADER_NAME } from "../parts/header-names.ts";
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

const headerNames = s.array(s.string().pattern(HEADER_NAME)).default([]);

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
  readonly exposedHeaders: string;
  readonly maxAge: string | undefined;
}

export default definePlugin({
  name: "cors",
  version: "1.0.0",
  priority: 2000,
  config,

  configure(config): Settings {
    return {
      origins: compileOrigins(config.origins),
      credentials: config.credentials,
      privateNetwork: config.private_network,
      preflightContinue: config.preflight_continue,
      allowOriginAbsent: config.allow_origin_absent,
      methods: config.methods.join(","),
      headers: config.headers.join(","),
      exposedHeaders: config.exposed_headers.join(","),
      maxAge: config.max_age === undefined ? undefined : String(config.max_age),
    };
  },

  onRequest(ctx, settings) {
    const origin = ctx.request.header("origin");
    if (origin === undefined || !isPreflight(ctx)) return noteHeaders(ctx, origin, settings);
    // What the upstream says of a preflight stays as it is.
    if (settings.preflightContinue) return;
    return answerPreflight(ctx, origin, settings);
  },
});

function isPreflight({ request }: RequestContext): boolean {
  return (
    request.method === "OPTIONS" && request.header("access-control-request-method") !== undefined
  );
}

/** For whatever response the request gets. */
function noteHeaders(ctx: RequestContext, origin: string | undefined, settings: Settings): void {
  if (origin === undefined && !settings.allowOriginAbsent) return;
  allowOrigin(ctx, origin, settings);
  if (settings.exposedHeaders !== "") {
    ctx.response.setHeader("Access-Control-Expose-Headers", settings.exposedHeaders);
  }
}

function answerPreflight(ctx: RequestContext, origin: string, settings: Settings): EarlyResponse {
  const { request, response } = ctx;
  allowOrigin(ctx, origin, settings);
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

/** Notes who may read the response; what an upstream says of that does not count. */
function allowOrigin(
  { response }: RequestContext,
  origin: string | undefined,
  { origins, credentials }: Settings,
): void {
  const allowed = origins.allowedFor(origin);
  // A browser takes no * for a request with credentials, so it gets its own origin.
  const isReflected = credentials && allowed === "*" && origin !== undefined;
  if (origins.dependOnRequest || isReflected) response.addHeader("Vary", "Origin");
  if (isReflected) response.setHeader("Access-Control-Allow-Origin", origin);
  else if (allowed === undefined) response.removeHeader("Access-Control-Allow-Origin");
  else response.setHeader("Access-Control-Allow-Origin", allowed);
  if (credentials && (isReflected || allowed !== "*")) {
    response.setHeader("Access-Control-Allow-Credentials", "true");
  }
}
