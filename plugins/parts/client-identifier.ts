// Whose requests are counted together.
import { digest } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import { networkOf } from "./ipv6-prefix.ts";

/** Kong's fields, and the network that counts as one client. */
export interface IdentifierConfig {
  readonly limit_by: "consumer" | "credential" | "ip" | "service" | "route" | "header" | "path";
  readonly header_name?: string | undefined;
  readonly path?: string | undefined;
  /** Bits. */
  readonly ipv6_prefix: number;
}

/** Characters; of longer ones the digest counts, since strangers choose them and each key is kept (R5). */
const MAX_CHARACTERS = 128;

/** `prefix` stands before what is no address, so that a header with another client's address leaves its quota alone. */
export function identifierOf(
  ctx: RequestContext,
  config: IdentifierConfig,
  prefix: string,
): string {
  const value = limitedValue(ctx, config);
  if (value === undefined) return `ip:${networkOf(ctx.client.address, config.ipv6_prefix)}`;
  if (value.length <= MAX_CHARACTERS) return prefix + value;
  return `${prefix}sha256:${digest("SHA-256", value, "base64")}`;
}

/** Undefined where there is nothing of the kind: then the client's address counts. */
function limitedValue(ctx: RequestContext, config: IdentifierConfig): string | undefined {
  switch (config.limit_by) {
    case "consumer":
      return ctx.consumers.current?.id ?? ctx.consumers.credentialId;
    case "credential":
      return ctx.consumers.credentialId;
    case "ip":
      return undefined;
    case "service":
      return ctx.service?.id;
    case "route":
      return ctx.route?.id;
    case "header":
      return ctx.request.header(config.header_name ?? "");
    case "path":
      return ctx.request.path === config.path ? config.path : undefined;
  }
}
