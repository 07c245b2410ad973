// Asks a server of yours whether a request may pass, as APISIX's forward-auth and Traefik's ForwardAuth do.
import { ConfigError, definePlugin, FetchError, s } from "@sluice/plugin-sdk";
import type {
  FetchInit,
  FetchResponse,
  Infer,
  RequestContext,
  RequestOutcome,
} from "@sluice/plugin-sdk";

import { changeableName, headerName } from "../parts/header-names.ts";
import { ownHeaders } from "../parts/own-headers.ts";
import type { OwnHeaders } from "../parts/own-headers.ts";

const config = s.object({
  uri: s.url().endpoint().describe("Of the server that decides."),
  request_method: s.enum(["GET", "POST"]).default("GET"),
  request_headers: s
    .array(headerName)
    .default([])
    .describe("Of the client's headers, those that the server gets, beside X-Forwarded-*."),
  upstream_headers: s
    .array(headerName)
    .default([])
    .describe("Of the server's headers, those that go upstream when the request may pass."),
  client_headers: s
    .array(headerName)
    .default([])
    .describe("Of the server's headers, those that the client gets when it may not pass."),
  timeout: s.integer().min(1).max(60_000).default(3000).describe("For the answer, in ms."),
  status_on_error: s.integer().min(200).max(599).default(403),
  allow_degradation: s
    .boolean()
    .default(false)
    .describe("Whether requests pass when the server does not answer."),
  forward_body: s.boolean().default(false).describe("Needs request_method POST."),
  max_body_size: s
    .integer()
    .min(0)
    .max(1_048_576)
    .default(65_536)
    .describe("Of a body that is forwarded, in bytes; a longer one is 413."),
});

type Settings = Infer<typeof config> & { readonly own: OwnHeaders };

export default definePlugin({
  name: "forward-auth",
  version: "1.0.0",
  priority: 1010,
  config,
  capabilities: ["fetch"],

  configure(config): Settings {
    if (config.forward_body && config.request_method !== "POST") {
      throw new ConfigError("needs request_method POST", "forward_body");
    }
    const framing = config.request_headers.find((name) => FRAMING.test(name));
    if (framing !== undefined) {
      throw new ConfigError(`${framing} is of a connection, not for the server`, "request_headers");
    }
    for (const [at, name] of config.upstream_headers.entries()) {
      changeableName(name, `upstream_headers[${at}]`);
    }
    const [other] = config.client_headers.filter((name) => FRAMING.test(name));
    if (other !== undefined) {
      throw new ConfigError(`${other} is of a connection, not for the client`, "client_headers");
    }
    return { ...config, own: ownHeaders(config.upstream_headers) };
  },

  async onRequest(ctx, settings) {
    // What the server says is the only word on these, whatever the client sends.
    const init = await askedBy(ctx, settings);
    settings.own.clear(ctx.request);
    let answer: FetchResponse;
    try {
      answer = await ctx.fetch(settings.uri, init);
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      return withoutAnswer(ctx, settings, error);
    }
    if (answer.ok) return pass(ctx, settings, answer);
    if (answer.status >= 500) return withoutAnswer(ctx, settings, answer.status);
    return refuse(ctx, settings, answer);
  },
});

async function askedBy(
  { request, client }: RequestContext,
  settings: Settings,
): Promise<FetchInit> {
  const { method, scheme, host, path, query } = request;
  const headers: [string, string][] = [
    ["X-Forwarded-Proto", scheme],
    ["X-Forwarded-Method", method],
    ["X-Forwarded-Host", request.header("host") ?? host],
    ["X-Forwarded-Uri", query === "" ? path : `${path}?${query}`],
    ["X-Forwarded-For", client.address],
  ];
  for (const name of settings.request_headers) {
    if (FORWARDED.test(name)) continue;
    for (const value of request.headers(name)) headers.push([name, value]);
  }
  const init = {
    method: settings.request_method,
    timeoutMs: settings.timeout,
    // A redirect is an answer for the client: to a login page, say.
    redirect: "manual",
  } as const;
  if (!settings.forward_body) return { ...init, headers };
  const contentType = request.header("content-type");
  if (contentType !== undefined) headers.push(["Content-Type", contentType]);
  return { ...init, headers, body: await request.bytes({ maxBytes: settings.max_body_size }) };
}

const FRAMING = /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect)$/i;
const FORWARDED = /^x-forwarded-|^content-type$/i;

function pass({ request }: RequestContext, settings: Settings, answer: FetchResponse): void {
  for (const name of settings.upstream_headers) {
    for (const value of answer.headers(name)) request.addHeader(name, value);
  }
}

/** With what the status means nothing without (RFC 9110 §10.2.2, §11.6.1), and what the config names. */
function refuse(ctx: RequestContext, settings: Settings, answer: FetchResponse): RequestOutcome {
  const names = new Set(["location", "www-authenticate"]);
  for (const name of settings.client_headers) names.add(name.toLowerCase());
  for (const name of names) {
    for (const value of answer.headers(name)) ctx.response.addHeader(name, value);
  }
  const contentType = answer.header("content-type");
  const headers = contentType === undefined ? undefined : { "Content-Type": contentType };
  return ctx.respond(answer.status, answer.bytes(), headers);
}

/** `fault` is the server's status, or why there is none. */
function withoutAnswer(
  ctx: RequestContext,
  { allow_degradation, status_on_error }: Settings,
  fault: number | FetchError,
): RequestOutcome {
  const reason = typeof fault === "number" ? `status ${fault}` : fault.reason;
  ctx.log.error("the server that decides gave no answer", { reason });
  if (allow_degradation) return;
  return ctx.error(status_on_error, "Forbidden");
}
