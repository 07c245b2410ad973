// Kong's service, and Sluice's own url for an app in this process.
import { z } from "zod";
import { fallbackSchema } from "./fallback.ts";
import type { FallbackFields } from "./fallback.ts";
import { commonFields, entityName, integerBetween, isHost, text, timeoutMs } from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYetFields } from "./not-yet.ts";
import { servicePath } from "./paths.ts";
import { triesFields } from "./tries.ts";
import type { TriesFields } from "./tries.ts";

const OTHER_PROTOCOLS: ReadonlySet<unknown> = new Set([
  "grpc",
  "grpcs",
  "tcp",
  "tls",
  "tls_passthrough",
  "udp",
  "ws",
  "wss",
]);

/** Why a service cannot have the protocol, for the `protocol` field and for urls. */
export function protocolFault(protocol: unknown): string {
  if (protocol === "https") return 'TLS to upstreams is not available yet: expected "http"';
  if (OTHER_PROTOCOLS.has(protocol)) {
    return 'this protocol is not supported by this version: expected "http"';
  }
  if (protocol === "app") return 'expected url: "app:./module.ts" for an app in this process';
  return 'expected "http"';
}

export interface ServiceFields extends CommonFields, TriesFields {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly protocol?: "http" | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly retries: number;
  readonly connect_timeout: number;
  readonly write_timeout: number;
  readonly read_timeout: number;
  readonly fallback?: FallbackFields | undefined;
  readonly enabled: boolean;
}

export const serviceSchema: z.ZodType<ServiceFields> = z.strictObject({
  ...commonFields,
  name: entityName.optional(),
  url: z.string().optional(),
  protocol: z.literal("http", { error: (issue) => protocolFault(issue.input) }).optional(),
  host: text("a host name or address, or the name of an upstream", isHost).optional(),
  port: integerBetween(1, 65_535).optional(),
  path: servicePath.optional(),
  retries: integerBetween(0, 32_767).default(5),
  connect_timeout: timeoutMs.default(60_000),
  write_timeout: timeoutMs.default(60_000),
  read_timeout: timeoutMs.default(60_000),
  fallback: fallbackSchema,
  enabled: z.boolean().default(true),
  ...triesFields,
  ...notYetFields({
    client_certificate: [],
    tls_verify: [false],
    tls_verify_depth: [],
    tls_sans: [],
    ca_certificates: [],
  }),
});
