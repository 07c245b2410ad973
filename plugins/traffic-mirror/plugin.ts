// Sends a copy of requests to another server, whose answers nobody gets, as APISIX's proxy-mirror does.
import { ConfigError, counter, definePlugin, fetch, FetchError, s } from "@sluice/plugin-sdk";
import type { FetchInit, RequestContext } from "@sluice/plugin-sdk";

import { happens } from "../parts/chance.ts";
import { headerName } from "../parts/header-names.ts";
import { mirroredHeaders } from "./headers.ts";

/** What a copy's body may have, since it is held while it is sent. */
const MOST_BYTES = 1_048_576;

const config = s.object({
  host: s
    .string()
    .pattern(/^https?:\/\/[^/?#\s@]+$/)
    .endpoint()
    .describe("Scheme, host and port of the other server."),
  path: s
    .string()
    .pattern(/^\/[^?#\s]*$/)
    .optional(),
  path_concat_mode: s.enum(["replace", "prefix"]).default("replace"),
  sample_ratio: s.number().above(0).max(1).default(1),
  mirror_body: s.boolean().default(true),
  max_body_size: s.integer().min(0).max(MOST_BYTES).default(65_536).describe("Bytes."),
  timeout: s.integer().min(1).max(60_000).default(5000).describe("ms."),
  max_in_flight: s.integer().min(1).max(100).default(50),
  forward_credentials: s.boolean().default(false),
  remove_headers: s.array(headerName).default([]),
});

const requests = counter("requests", {
  help: "Copies of requests by what became of them",
  labels: ["outcome"],
});

interface Settings {
  readonly host: string;
  readonly path: string | undefined;
  readonly isPrefix: boolean;
  readonly percent: number;
  /** Undefined for copies without bodies. */
  readonly maxBytes: number | undefined;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly removed: ReadonlySet<string>;
  readonly forwardsCredentials: boolean;
  inFlight: number;
}

/** Says that a request is a copy, and of which host: one that has it is not copied again. */
const MARK = "x-shadow";

export default definePlugin({
  name: "traffic-mirror",
  version: "1.0.0",
  priority: 15,
  capabilities: ["fetch"],
  config,

  configure(config): Settings {
    if (config.path === undefined && config.path_concat_mode === "prefix") {
      throw new ConfigError("prefix needs a path", "path_concat_mode");
    }
    return {
      host: config.host,
      path: config.path,
      isPrefix: config.path_concat_mode === "prefix",
      percent: config.sample_ratio * 100,
      maxBytes: config.mirror_body ? config.max_body_size : undefined,
      timeoutMs: config.timeout,
      maxInFlight: config.max_in_flight,
      removed: new Set(config.remove_headers.map((name) => name.toLowerCase())),
      forwardsCredentials: config.forward_credentials,
      inFlight: 0,
    };
  },

  onRequest(ctx, settings) {
    const { request } = ctx;
    if (request.header(MARK) !== undefined || !happens(settings.percent)) return;
    if (settings.inFlight >= settings.maxInFlight) return requests.increment({ outcome: "busy" });
    const { maxBytes } = settings;
    if (maxBytes === undefined || !mayHaveBody(ctx)) return mirror(ctx, settings, undefined);
    if (Number(request.header("content-length") ?? 0) > maxBytes) {
      return requests.increment({ outcome: "too_large" });
    }
    return mirrorWithBody(ctx, settings, maxBytes);
  },
});

function mayHaveBody({ request }: RequestContext): boolean {
  const length = request.header("content-length");
  if (length !== undefined) return length !== "0";
  // Whether a body comes in chunks a plugin cannot see: by what is usual (RFC 9110 section 9.3).
  return request.method === "POST" || request.method === "PUT" || request.method === "PATCH";
}

/** The request waits until its body is here, which the upstream would wait for as well. */
async function mirrorWithBody(
  ctx: RequestContext,
  settings: Settings,
  maxBytes: number,
): Promise<void> {
  try {
    mirror(ctx, settings, await ctx.request.bytes({ maxBytes }));
  } catch (cause) {
    // It goes on as it is.
    if (!(cause instanceof RangeError)) throw cause;
    requests.increment({ outcome: "too_large" });
  }
}

/** Asks and does not wait. */
function mirror(ctx: RequestContext, settings: Settings, body: Uint8Array | undefined): void {
  const { request } = ctx;
  const { host, timeoutMs, removed, forwardsCredentials } = settings;
  const headers = mirroredHeaders(request, { removed, forwardsCredentials });
  headers.push([MARK, `${request.host}-shadow`]);
  const query = request.query === "" ? "" : `?${request.query}`;
  const url = host + pathOf(request.path, settings) + query;
  const { method } = request;
  const content = body === undefined || body.length === 0 ? {} : { body };
  void send(settings, url, { method, headers, timeoutMs, redirect: "manual", ...content });
}

/** Never rejected: nothing that becomes of a copy touches the request. */
async function send(settings: Settings, url: string, init: FetchInit): Promise<void> {
  settings.inFlight++;
  let outcome = "answered";
  try {
    await fetch(url, init);
  } catch (cause) {
    outcome = cause instanceof FetchError ? cause.reason : "failed";
  }
  settings.inFlight--;
  requests.increment({ outcome });
}

function pathOf(path: string, { path: other, isPrefix }: Settings): string {
  if (other === undefined) return path;
  return isPrefix ? other.replace(/\/$/, "") + path : other;
}
