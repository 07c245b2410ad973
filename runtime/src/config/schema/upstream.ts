// Kong's upstream and its targets.
import { z } from "zod";
import {
  commonFields,
  integerBetween,
  isHost,
  isHostname,
  isPort,
  readElsewhere,
  text,
} from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { ALGORITHMS } from "../upstream-model.ts";
import type { Algorithm } from "../upstream-model.ts";
import { adaptiveConcurrencySchema, circuitBreakersSchema } from "./bounds.ts";
import type { AdaptiveConcurrencyFields, CircuitBreakersFields } from "./bounds.ts";
import { circuitBreakerSchema } from "./circuit-breaker.ts";
import type { CircuitBreakerFields } from "./circuit-breaker.ts";
import { healthchecksSchema } from "./healthchecks.ts";
import type { HealthchecksFields } from "./healthchecks.ts";
import { notYet, notYetFields } from "./not-yet.ts";
import { outlierDetectionSchema } from "./outlier-detection.ts";
import type { OutlierDetectionFields } from "./outlier-detection.ts";
import { slowStartSchema } from "./slow-start.ts";
import type { SlowStartFields } from "./slow-start.ts";

/** Splits a target or a Host value; the port is undefined when there is none. */
export function splitAuthority(authority: string): {
  readonly host: string;
  readonly port: number | undefined;
} {
  const digits = /:(\d+)$/.exec(authority)?.[1];
  return digits === undefined
    ? { host: authority, port: undefined }
    : { host: authority.slice(0, -digits.length - 1), port: Number(digits) };
}

function isAuthority(authority: string): boolean {
  const { host, port } = splitAuthority(authority);
  return isHost(host) && (port === undefined || isPort(port));
}

const isAddress = (name: string): boolean => /^[\d.]+$/.test(name);

const HASH_INPUTS = [
  "none",
  "consumer",
  "ip",
  "header",
  "cookie",
  "path",
  "query_arg",
  "uri_capture",
] as const;

const hashInput = z.enum(HASH_INPUTS, { error: `expected one of ${HASH_INPUTS.join(", ")}` });

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const headerName = text("the name of a header", (name) => TOKEN.test(name));
const cookieName = text("the name of a cookie", (name) => TOKEN.test(name));
const cookiePath = text('a path that starts with "/", without spaces and ;', (path) =>
  /^\/[\x21-\x3a\x3c-\x7e]*$/.test(path),
);
const argumentName = text("a name that is not empty", (name) => name !== "");

/** Names of what is hashed; which of them are needed depends on hash_on and hash_fallback. */
export interface HashNameFields {
  readonly hash_on_header?: string | undefined;
  readonly hash_fallback_header?: string | undefined;
  readonly hash_on_cookie?: string | undefined;
  readonly hash_on_query_arg?: string | undefined;
  readonly hash_fallback_query_arg?: string | undefined;
  readonly hash_on_uri_capture?: string | undefined;
  readonly hash_fallback_uri_capture?: string | undefined;
}

export interface UpstreamFields extends CommonFields, HashNameFields {
  readonly name: string;
  readonly host_header?: string | undefined;
  readonly algorithm?: Algorithm | undefined;
  readonly slots: number;
  readonly hash_on: (typeof HASH_INPUTS)[number];
  readonly hash_fallback: (typeof HASH_INPUTS)[number];
  readonly hash_on_cookie_path: string;
  readonly sticky_sessions_cookie?: string | undefined;
  readonly sticky_sessions_cookie_path: string;
  readonly healthchecks: HealthchecksFields;
  readonly healthy_panic_threshold: number;
  readonly overprovisioning_factor: number;
  readonly slow_start?: SlowStartFields | undefined;
  readonly outlier_detection?: OutlierDetectionFields | undefined;
  readonly circuit_breaker?: CircuitBreakerFields | undefined;
  readonly circuit_breakers?: CircuitBreakersFields | undefined;
  readonly adaptive_concurrency?: AdaptiveConcurrencyFields | undefined;
}

export interface TargetFields extends CommonFields {
  readonly target: string;
  readonly weight: number;
  readonly priority: number;
}

export const upstreamSchema: z.ZodType<UpstreamFields> = z.strictObject({
  ...commonFields,
  name: text("a host name, not an address", (name) => isHostname(name) && !isAddress(name)),
  host_header: text("a host name or address, with or without a port", isAuthority).optional(),
  algorithm: z.enum(ALGORITHMS, { error: `expected one of ${ALGORITHMS.join(", ")}` }).optional(),
  slots: integerBetween(10, 65_536).default(10_000),
  hash_on: hashInput.default("none"),
  hash_fallback: hashInput.default("none"),
  hash_on_header: headerName.optional(),
  hash_fallback_header: headerName.optional(),
  hash_on_cookie: cookieName.optional(),
  hash_on_cookie_path: cookiePath.default("/"),
  hash_on_query_arg: argumentName.optional(),
  hash_fallback_query_arg: argumentName.optional(),
  hash_on_uri_capture: argumentName.optional(),
  hash_fallback_uri_capture: argumentName.optional(),
  sticky_sessions_cookie: cookieName.optional(),
  sticky_sessions_cookie_path: cookiePath.default("/"),
  healthchecks: healthchecksSchema,
  healthy_panic_threshold: integerBetween(0, 100).default(0),
  overprovisioning_factor: integerBetween(100, 10_000).default(140),
  slow_start: slowStartSchema,
  outlier_detection: outlierDetectionSchema,
  circuit_breaker: circuitBreakerSchema,
  circuit_breakers: circuitBreakersSchema,
  discovery: readElsewhere,
  adaptive_concurrency: adaptiveConcurrencySchema,
  ...notYetFields({ use_srv_name: [false], client_certificate: [] }),
});

export const targetSchema: z.ZodType<TargetFields> = z.strictObject({
  ...commonFields,
  upstream: readElsewhere,
  target: text('"host:port", or a host for port 8000', isAuthority),
  weight: integerBetween(0, 65_535).default(100),
  priority: integerBetween(0, 127).default(0),
  failover: notYet("failover", false),
});
