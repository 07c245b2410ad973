// Lets an Open Policy Agent decide about requests, as APISIX's opa does.
import { ConfigError, definePlugin, FetchError, s } from "@sluice/plugin-sdk";
import type {
  Entity,
  FetchResponse,
  Infer,
  RequestContext,
  RequestOutcome,
} from "@sluice/plugin-sdk";

import { changeableName, headerName } from "../parts/header-names.ts";
import { ownHeaders } from "../parts/own-headers.ts";
import type { OwnHeaders } from "../parts/own-headers.ts";

const config = s.object({
  host: s.url().endpoint().describe("Of the agent, such as http://127.0.0.1:8181."),
  policy: s
    .string()
    .pattern(/^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$/)
    .describe("Package and rule, as in the agent's /v1/data/POLICY."),
  timeout: s.integer().min(1).max(60_000).default(3000).describe("For the answer, in ms."),
  with_route: s.boolean().default(false),
  with_service: s.boolean().default(false),
  with_consumer: s.boolean().default(false),
  with_body: s.boolean().default(false).describe("The body as text; the request waits for it."),
  max_body_size: s.integer().min(0).max(1_048_576).default(65_536).describe("Bytes; more is 413."),
  send_headers_upstream: s
    .array(headerName)
    .default([])
    .describe("Of the headers in the agent's decision, those that go upstream."),
});

type Settings = Infer<typeof config> & { readonly url: string; readonly own: OwnHeaders };

export default definePlugin({
  name: "opa",
  version: "1.0.0",
  priority: 920,
  config,
  capabilities: ["fetch"],

  configure(config): Settings {
    const { origin, pathname, search } = new URL(config.host);
    if (search !== "") throw new ConfigError("has no query", "host");
    const base = pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
    const url = `${origin}${base}/v1/data/${config.policy.replaceAll(".", "/")}`;
    for (const [at, name] of config.send_headers_upstream.entries()) {
      changeableName(name, `send_headers_upstream[${at}]`);
    }
    return { ...config, url, own: ownHeaders(config.send_headers_upstream) };
  },

  async onRequest(ctx, settings) {
    const body = JSON.stringify({ input: await inputOf(ctx, settings) });
    // Only the agent says what these are.
    settings.own.clear(ctx.request);
    let answer: FetchResponse;
    try {
      answer = await ctx.fetch(settings.url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
        timeoutMs: settings.timeout,
        redirect: "error",
      });
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      return refuseBy(ctx, `the agent gave no answer: ${error.reason}`);
    }
    const decision = answer.ok ? decisionIn(answer.text()) : undefined;
    if (decision === undefined) return refuseBy(ctx, `no decision, status ${answer.status}`);
    return decision.allow ? pass(ctx, settings, decision) : refuse(ctx, decision);
  },
});

async function inputOf(ctx: RequestContext, settings: Settings): Promise<object> {
  const { request, client, connection } = ctx;
  const headers: Record<string, string> = {};
  for (const name of request.headerNames()) headers[name] = request.headers(name).join(", ");
  return {
    type: "http",
    request: {
      scheme: request.scheme,
      method: request.method,
      host: request.host,
      port: connection.serverPort,
      path: request.path,
      headers,
      query: argumentsOf(request.query),
      ...(settings.with_body && { body: await request.text({ maxBytes: settings.max_body_size }) }),
    },
    var: {
      timestamp: Math.floor(Date.now() / 1000),
      server_addr: connection.serverAddress,
      server_port: String(connection.serverPort),
      remote_addr: client.address,
      remote_port: String(client.port),
    },
    ...(settings.with_route && { route: entityOf(ctx.route) }),
    ...(settings.with_service && { service: entityOf(ctx.service) }),
    ...(settings.with_consumer && { consumer: consumerOf(ctx) }),
  };
}

/** Several values of one name are a list: a policy that saw one of them could not know which one the upstream takes. */
function argumentsOf(query: string): object {
  const pairs = new URLSearchParams(query);
  return Object.fromEntries(
    [...new Set(pairs.keys())].map((name) => {
      const values = pairs.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

// What the gateway gives reads its members when they are asked for: JSON needs them as they are.
function entityOf(entity: Entity | undefined): object | undefined {
  return entity && { id: entity.id, name: entity.name };
}

function consumerOf({ consumers: { current } }: RequestContext): object | undefined {
  return current && { id: current.id, username: current.username, custom_id: current.customId };
}

/** What a policy says beside yes and no. */
interface Decision {
  readonly allow: boolean;
  readonly reason: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** Undefined unless it is a clear word: a policy that is not there gives `{}`. */
function decisionIn(text: string): Decision | undefined {
  const result = memberOf(parsed(text), "result");
  const allow = typeof result === "boolean" ? result : memberOf(result, "allow");
  if (typeof allow !== "boolean") return undefined;
  const status = memberOf(result, "status_code");
  return {
    allow,
    reason: memberOf(result, "reason"),
    headers: textsOf(memberOf(result, "headers")),
    status:
      Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599
        ? Number(status)
        : 403,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // It has it, as its own.
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      typeof each === "string" || typeof each === "number" ? [[name, String(each)]] : [],
    ),
  );
}

function pass({ request }: RequestContext, settings: Settings, { headers }: Decision): void {
  const given = new Map(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));
  for (const name of settings.send_headers_upstream) {
    const value = given.get(name.toLowerCase());
    if (value !== undefined) request.setHeader(name, value);
  }
}

function refuse(ctx: RequestContext, { reason, status, headers }: Decision): RequestOutcome {
  if (reason === undefined) return ctx.error(status, "Forbidden", headers);
  return ctx.respond(status, reason, headers);
}

/** Closed, whatever went wrong: the log says what. */
function refuseBy(ctx: RequestContext, fault: string): RequestOutcome {
  ctx.log.error(fault);
  return ctx.error(403, "Forbidden");
}
