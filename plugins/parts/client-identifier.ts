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

export type Identify = (ctx: RequestContext) => string;

/** The kind stands before what is no address, so that a header with another client's address leaves its quota alone. */
export function identifierBy(config: IdentifierConfig): Identify {
  const valueOf = limitedValue(config);
  const prefix = `${config.limit_by}:`;
  return (ctx) => {
    const value = valueOf(ctx);
    if (value === undefined) return `ip:${networkOf(ctx.client.address, config.ipv6_prefix)}`;
    if (value.length <= MAX_CHARACTERS) return prefix + value;
    return `${prefix}sha256:${digest("SHA-256", value, "base64")}`;
  };
}

/** Undefined where there is nothing of the kind: then the client's address counts. */
function limitedValue(config: IdentifierConfig): (ctx: RequestContext) => string | undefined {
  const { header_name: name = "", path } = config;
  switch (config.limit_by) {
    case "consumer":
      return ({ consumers }) => consumers.current?.id ?? consumers.credentialId;
    case "credential":
      return ({ consumers }) => consumers.credentialId;
    case "ip":
      return () => undefined;
    case "service":
      return ({ service }) => service?.id;
    case "route":
      return ({ route }) => route?.id;
    case "header":
      return ({ request }) => request.header(name);
    case "path":
      return ({ request }) => (request.path === path ? path : undefined);
  }
}
