// What the client is told of its quota: in Kong's headers, and if wanted in those of the IETF draft.
import type { Period } from "../parts/calendar-windows.ts";

/** Of a window: numbers, or placeholders for them. */
export interface Told {
  readonly limit: number | string;
  readonly remaining: number | string;
  /** Seconds until it ends. */
  readonly reset: number | string;
}

export interface ToldOfPeriod extends Told {
  readonly period: Period;
}

export interface QuotaHeadersOptions {
  readonly hide_client_headers: boolean;
  readonly ietf_headers: boolean;
  /** The request is within its limits. */
  readonly fits: boolean;
}

/** Each name and value, ended by NUL, and how many pairs that is. */
export interface HeaderBlock {
  readonly text: string;
  readonly count: number;
}

const SECONDS = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 30 * 86_400,
  year: 365 * 86_400,
};

export function quotaHeaders(
  windows: readonly ToldOfPeriod[],
  tightest: Told,
  { hide_client_headers, ietf_headers, fits }: QuotaHeadersOptions,
): HeaderBlock {
  const pairs = [
    ...(hide_client_headers ? [] : kongHeaders(windows, tightest, fits)),
    ...(ietf_headers ? ietfHeaders(windows) : []),
  ];
  const text = pairs.map(([name, value]) => `${name}\0${value}\0`).join("");
  return { text, count: pairs.length };
}

type Pair = readonly [name: string, value: string | number];

function kongHeaders(windows: readonly ToldOfPeriod[], tightest: Told, fits: boolean): Pair[] {
  const pairs: Pair[] = [
    ["RateLimit-Limit", tightest.limit],
    ["RateLimit-Remaining", tightest.remaining],
    ["RateLimit-Reset", tightest.reset],
  ];
  if (!fits) pairs.push(["Retry-After", tightest.reset]);
  for (const { period, limit, remaining } of windows) {
    const title = period.charAt(0).toUpperCase() + period.slice(1);
    pairs.push([`X-RateLimit-Limit-${title}`, limit]);
    pairs.push([`X-RateLimit-Remaining-${title}`, remaining]);
  }
  return pairs;
}

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10 §3 and §4: lists of strings with
 * parameters (RFC 9651), one item for each limit.
 */
function ietfHeaders(windows: readonly ToldOfPeriod[]): Pair[] {
  const policies = windows.map(
    ({ period, limit }) => `"${period}";q=${limit};w=${SECONDS[period]}`,
  );
  const limits = windows.map(
    ({ period, remaining, reset }) => `"${period}";r=${remaining};t=${reset}`,
  );
  return [
    ["RateLimit-Policy", policies.join(", ")],
    ["RateLimit", limits.join(", ")],
  ];
}
