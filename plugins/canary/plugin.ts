// Sends a share of the requests to a new version of a service, as Kong's canary does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { Infer, RequestContext } from "@sluice/plugin-sdk";

import { percentage } from "../parts/chance.ts";
import { headerName } from "../parts/header-names.ts";
import { stepOf } from "./step.ts";

const config = s
  .object({
    upstream_host: s
      .string()
      .pattern(/^[A-Za-z0-9._-]+$|^\[[0-9A-Fa-f:.]+\]$/)
      .optional(),
    upstream_port: s.integer().min(1).max(65_535).optional(),
    upstream_uri: s
      .string()
      .pattern(/^\/[^?#\s]*$/)
      .optional(),
    percentage: percentage.optional(),
    start: s.number().min(0).optional().describe("When it begins, seconds since 1970."),
    duration: s.number().above(0).default(3600).describe("Until all requests go there, seconds."),
    steps: s.integer().min(1).default(1000),
    hash: s.enum(["consumer", "ip", "header", "none", "allow", "deny"]).default("consumer"),
    hash_header: headerName.optional(),
    groups: s.array(s.string().nonEmpty()).default([]),
    canary_by_header_name: headerName.optional(),
    upstream_fallback: s.literal(false).default(false),
  })
  .endpoint();

type Settings = Infer<typeof config>;

export default definePlugin({
  name: "canary",
  version: "1.0.0",
  priority: 20,
  config,

  configure(config): Settings {
    const { upstream_host, upstream_port, upstream_uri, hash } = config;
    if (upstream_host === undefined && upstream_uri === undefined) {
      throw new ConfigError("give at least one of upstream_host, upstream_uri");
    }
    if (upstream_port !== undefined && upstream_host === undefined) {
      throw new ConfigError("needs upstream_host", "upstream_port");
    }
    if (hash === "header" && config.hash_header === undefined) {
      throw new ConfigError("is required when hash is header", "hash_header");
    }
    const isByGroup = hash === "allow" || hash === "deny";
    if (isByGroup && config.groups.length === 0) {
      throw new ConfigError(`is required when hash is ${hash}`, "groups");
    }
    if (!isByGroup && config.percentage === undefined && config.start === undefined) {
      throw new ConfigError("give percentage, or start");
    }
    return config;
  },

  onRequest(ctx, settings) {
    if (isForCanary(ctx, settings)) sendToCanary(ctx, settings);
  },
});

function isForCanary(ctx: RequestContext, settings: Settings): boolean {
  const { canary_by_header_name, hash, groups, steps } = settings;
  const wish =
    canary_by_header_name === undefined ? undefined : ctx.request.header(canary_by_header_name);
  if (wish === "always") return true;
  if (wish === "never") return false;
  if (hash === "allow" || hash === "deny") {
    const isMember = ctx.consumers.current?.groups.some((group) => groups.includes(group)) === true;
    return isMember === (hash === "allow");
  }
  const open = stepsOpen(settings, Date.now());
  if (open >= steps) return true;
  return open > 0 && stepOf(identifierOf(ctx, settings), steps) < open;
}

/** How many of the steps go to the canary by now. */
function stepsOpen({ percentage, start = 0, duration, steps }: Settings, nowMs: number): number {
  const share = percentage === undefined ? (nowMs / 1000 - start) / duration : percentage / 100;
  return Math.floor(Math.min(Math.max(share, 0), 1) * steps);
}

/** What stays with one version; undefined for nothing. Without consumer or header it is the address, as in Kong. */
function identifierOf(
  ctx: RequestContext,
  { hash, hash_header = "" }: Settings,
): string | undefined {
  switch (hash) {
    case "consumer":
      return ctx.consumers.current?.id ?? ctx.consumers.credentialId ?? ctx.client.address;
    case "header":
      return ctx.request.header(hash_header) ?? ctx.client.address;
    case "ip":
      return ctx.client.address;
    case "none":
    case "allow":
    case "deny":
      return undefined;
  }
}

/** What cannot be asked leaves the request where the service says. */
function sendToCanary(ctx: RequestContext, settings: Settings): void {
  const { upstream_host, upstream_port, upstream_uri } = settings;
  try {
    if (upstream_host !== undefined) choose(ctx, upstream_host, upstream_port);
    if (upstream_uri !== undefined) ctx.request.path = upstream_uri;
  } catch (cause) {
    ctx.log.error(`The request stays with its service: ${String(cause)}`);
  }
}

/** Kong's rule: an upstream of that name, or else a host. */
function choose({ upstream }: RequestContext, host: string, port: number | undefined): void {
  try {
    upstream.choose(host);
  } catch (cause) {
    if (port === undefined) throw cause;
    upstream.chooseTarget(`${host}:${port}`);
  }
}
