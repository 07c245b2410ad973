// How long to wait before a try is repeated: by chance within a growing interval, or as long as the upstream says.
import type { RateLimitedBackOff, ResetHeader } from "../config/tries-model.ts";
import type { Fields } from "../http1/fields.ts";
import type { Random } from "../upstream/balancer.ts";

/** The n-th retry (from 1) waits less than base * (2^n - 1) and max, with full jitter: those who failed together part. */
export function backOffMs(
  interval: { readonly baseIntervalMs: number; readonly maxIntervalMs: number },
  retry: number,
  random: Random,
): number {
  const widestMs = interval.baseIntervalMs * (2 ** Math.min(retry, 30) - 1);
  return random() * Math.min(widestMs, interval.maxIntervalMs);
}

/** As the first header says that can be read and is not too long, from `nowMs` since 1970; undefined when none is. */
export function resetMs(
  { resetHeaders, maxIntervalMs }: RateLimitedBackOff,
  fields: Fields,
  nowMs: number,
): number | undefined {
  for (const header of resetHeaders) {
    const text = fields.get(header.name);
    const ms = text === undefined ? undefined : waitMs(header, text.trim(), nowMs);
    if (ms !== undefined && ms <= maxIntervalMs) return ms;
  }
  return undefined;
}

/** Retry-After may be a date, too (RFC 9110 §10.2.3). */
function waitMs({ format }: ResetHeader, text: string, nowMs: number): number | undefined {
  if (/^\d{1,15}$/.test(text)) {
    const ms = Number(text) * 1000;
    return format === "SECONDS" ? ms : Math.max(0, ms - nowMs);
  }
  const dateMs = IMF_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

const IMF_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
