// Authenticates clients by an API key in a header, a query argument or the body, as Kong's key-auth does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

import {
  authenticationFields,
  challengeOf,
  conclude,
  isExempt,
  realmField,
  unauthorized,
} from "../parts/authentication.ts";
import { readParameters } from "./body-parameters.ts";
import type { BodyParameters } from "./body-parameters.ts";

const config = s.object({
  key_names: s
    .array(
      s
        .string()
        .pattern(/^[A-Za-z0-9_-]+$/)
        .namesCredential(),
    )
    .nonEmpty()
    .default(["apikey"])
    .describe("Names of headers, query arguments and members of the body, in this order."),
  key_in_header: s.boolean().default(true),
  key_in_query: s.boolean().default(true),
  key_in_body: s
    .boolean()
    .default(false)
    .describe("Of JSON objects and forms, when neither header nor query has the name."),
  hide_credentials: s.boolean().default(false).describe("Keeps the key from the upstream."),
  ...authenticationFields,
  realm: realmField.optional(),
});

const NO_KEY = "No API key found in request";
const SEVERAL_KEYS = "Duplicate API key found";
const UNKNOWN_KEY = "Unauthorized";
const BAD_BODY = "Cannot process request body";
/** Not for clients: what to do depends on the body, which has not been read. */
const ASK_BODY = "ask the body";

export default definePlugin({
  name: "key-auth",
  version: "1.0.0",
  priority: 1250,
  config,
  capabilities: ["consumers"],

  configure(config) {
    if (!config.key_in_header && !config.key_in_query && !config.key_in_body) {
      throw new ConfigError(
        "key_in_header, key_in_query or key_in_body must be true, or no key is ever found",
      );
    }
    return { ...config, challenge: challengeOf("Key", config.realm) };
  },

  onRequest(ctx, settings) {
    if (isExempt(ctx, settings)) return;
    const refusal = authenticate(ctx, settings);
    return refusal === ASK_BODY ? askBody(ctx, settings) : end(ctx, settings, refusal);
  },
});

interface Settings extends Infer<typeof config> {
  /** WWW-Authenticate. */
  readonly challenge: string;
}

async function askBody(ctx: RequestContext, settings: Settings): Promise<RequestOutcome> {
  let body: BodyParameters;
  try {
    body = await readParameters(ctx.request);
  } catch (error) {
    if (error instanceof SyntaxError) return end(ctx, settings, BAD_BODY);
    throw error;
  }
  return end(ctx, settings, authenticate(ctx, settings, body));
}

/** Returns why the client is refused, or undefined when it is authenticated. */
function authenticate(
  { request, consumers }: RequestContext,
  settings: Settings,
  body?: BodyParameters,
): string | undefined {
  // An index: QuickJS takes half as long for it as for an iterator.
  for (let at = 0; at < settings.key_names.length; at++) {
    const name = settings.key_names[at] ?? "";
    let keys: readonly string[] = settings.key_in_header ? request.headers(name) : [];
    if (keys.length === 0 && settings.key_in_query) keys = request.queryArgs(name);
    if (keys.length === 0 && settings.key_in_body) {
      if (body === undefined) return ASK_BODY;
      keys = body.values(name);
    }
    if (keys.length === 0) continue;

    if (settings.hide_credentials) {
      if (settings.key_in_body && body === undefined) return ASK_BODY;
      if (body !== undefined && body.values(name).length > 0) request.setBody(body.without(name));
      request.removeHeader(name);
      request.removeQueryArg(name);
    }
    if (keys.length > 1) return SEVERAL_KEYS;
    const key = keys[0];
    if (key === undefined || key === "") return NO_KEY;
    const credential = consumers.findCredential("keyauth_credentials", key);
    if (credential === undefined) return UNKNOWN_KEY;
    consumers.authenticate(credential);
    return undefined;
  }
  return NO_KEY;
}

function end(ctx: RequestContext, settings: Settings, refusal: string | undefined): RequestOutcome {
  if (refusal === undefined) return ctx.remember();
  if (refusal === BAD_BODY) return conclude(ctx, settings, { status: 400, message: refusal });
  return conclude(ctx, settings, unauthorized(refusal, settings.challenge));
}
