// Authenticates clients by an API key in a header or a query argument, as Kong's key-auth does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext, RequestOutcome } from "@sluice/plugin-sdk";

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
    .describe("Names of the headers and query arguments to look for, in this order."),
  key_in_header: s.boolean().default(true),
  key_in_query: s.boolean().default(true),
  key_in_body: s.boolean().default(false),
  hide_credentials: s.boolean().default(false).describe("Keeps the key from the upstream."),
  anonymous: s
    .string()
    .nonEmpty()
    .optional()
    .describe("Id or username of the consumer that a client without a valid key becomes."),
  run_on_preflight: s.boolean().default(true).describe("Whether OPTIONS requests need a key."),
  // Goes between quotes in WWW-Authenticate, so it has none itself: RFC 9110 §5.6.4.
  realm: s
    .string()
    .pattern(/^[ !#-[\]-~]*$/)
    .optional(),
});

const NO_KEY = "No API key found in request";
const SEVERAL_KEYS = "Duplicate API key found";
const UNKNOWN_KEY = "Unauthorized";

export default definePlugin({
  name: "key-auth",
  version: "1.0.0",
  priority: 1250,
  config,

  configure(config) {
    if (config.key_in_body) {
      throw new ConfigError("must be false: plugins do not see request bodies", "key_in_body");
    }
    if (!config.key_in_header && !config.key_in_query) {
      throw new ConfigError("key_in_header or key_in_query must be true, or no key is ever found");
    }
    const challenge = config.realm === undefined ? "Key" : `Key realm="${config.realm}"`;
    return { ...config, challenge };
  },

  onRequest(ctx, settings) {
    if (!settings.run_on_preflight && ctx.request.method === "OPTIONS") return;

    const { anonymous } = settings;
    if (anonymous === undefined) {
      const refusal = authenticate(ctx, settings);
      if (refusal === undefined) return;
      return ctx.error(401, refusal, { "WWW-Authenticate": settings.challenge });
    }
    // With `anonymous`, several authentication plugins are alternatives: one that succeeded is enough.
    if (ctx.consumers.credentialId !== undefined) return;
    if (authenticate(ctx, settings) !== undefined) return continueAs(ctx, anonymous);
  },
});

/** Returns why the client is refused, or undefined when it is authenticated. */
function authenticate(
  { request, consumers }: RequestContext,
  settings: Infer<typeof config>,
): string | undefined {
  for (const name of settings.key_names) {
    let keys = settings.key_in_header ? request.headers(name) : [];
    if (keys.length === 0 && settings.key_in_query) keys = request.queryArgs(name);
    if (keys.length === 0) continue;

    if (settings.hide_credentials) {
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

function continueAs(ctx: RequestContext, anonymous: string): RequestOutcome {
  const consumer = ctx.consumers.find(anonymous);
  if (consumer === undefined) {
    const message = `anonymous consumer ${anonymous} is configured but doesn't exist`;
    ctx.log.error(message);
    return ctx.error(500, message);
  }
  ctx.consumers.authenticateAs(consumer);
}
