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
import { notYet, notYetFields, notYetRecord } from "./not-yet.ts";

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

const HEALTHCHECKS = {
  threshold: 0,
  active: {
    type: "http",
    timeout: 1,
    concurrency: 10,
    http_path: "/",
    https_sni: undefined,
    https_verify_certificate: true,
    headers: undefined,
    healthy: { interval: 0, http_statuses: [200, 302], successes: 0 },
    unhealthy: {
      interval: 0,
      http_statuses: [429, 404, 500, 501, 502, 503, 504, 505],
      tcp_failures: 0,
      timeouts: 0,
      http_failures: 0,
    },
  },
  passive: {
    type: "http",
    healthy: {
      http_statuses: [
        200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307,
        308,
      ],
      successes: 0,
    },
    unhealthy: { http_statuses: [429, 500, 503], tcp_failures: 0, timeouts: 0, http_failures: 0 },
  },
};

export interface UpstreamFields extends CommonFields {
  readonly name: string;
  readonly host_header?: string | undefined;
}

export interface TargetFields extends CommonFields {
  readonly target: string;
  readonly weight: number;
}

export const upstreamSchema: z.ZodType<UpstreamFields> = z.strictObject({
  ...commonFields,
  name: text("a host name, not an address", (name) => isHostname(name) && !isAddress(name)),
  host_header: text("a host name or address, with or without a port", isAuthority).optional(),
  // The balancer is exact with any number of slots: the range is checked and has no effect.
  slots: integerBetween(10, 65_536).optional(),
  healthchecks: notYetRecord(HEALTHCHECKS),
  hash_on_cookie_path: notYet("hash_on_cookie_path", "/"),
  ...notYetFields({
    algorithm: ["round-robin"],
    hash_on: ["none"],
    hash_fallback: ["none"],
    hash_on_header: [],
    hash_fallback_header: [],
    hash_on_cookie: [],
    hash_on_query_arg: [],
    hash_fallback_query_arg: [],
    hash_on_uri_capture: [],
    hash_fallback_uri_capture: [],
    use_srv_name: [false],
    client_certificate: [],
    sticky_sessions_cookie: [],
    sticky_sessions_cookie_path: ["/"],
  }),
});

export const targetSchema: z.ZodType<TargetFields> = z.strictObject({
  ...commonFields,
  upstream: readElsewhere,
  target: text('"host:port", or a host for port 8000', isAuthority),
  weight: integerBetween(0, 65_535).default(100),
  failover: notYet("failover", false),
});
