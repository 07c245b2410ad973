// What the client is told of its quota: in Kong's headers, and if wanted in those of the IETF draft.
import type { RequestContext } from "@sluice/plugin-sdk";

import { resetText } from "./windows.ts";
import type { Window } from "./windows.ts";

/** Names and values in turn. */
export function quotaHeaders(windows: readonly Window[], nowMs: number, fits: boolean): string[] {
  const window = tightest(windows);
  const reset = resetText(window, nowMs);
  const headers = [
    "RateLimit-Limit",
    window.limitText,
    "RateLimit-Remaining",
    String(window.remaining),
    "RateLimit-Reset",
    reset,
  ];
  if (!fits) headers.push("Retry-After", reset);
  for (let at = 0; at < windows.length; at++) {
    const { limitHeader, limitText, remainingHeader, remaining } = windows[at] as Window;
    headers.push(limitHeader, limitText, remainingHeader, String(remaining));
  }
  return headers;
}

/** The window with the fewest requests left; the longest of several. */
function tightest(windows: readonly Window[]): Window {
  let tightest = windows[0] as Window; // An entry has at least one.
  for (let at = 1; at < windows.length; at++) {
    const window = windows[at] as Window;
    if (window.remaining <= tightest.remaining) tightest = window;
  }
  return tightest;
}

const SECONDS = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 30 * 86_400,
  year: 365 * 86_400,
};

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10 §3 and §4: lists of strings with
 * parameters (RFC 9651), one item for each limit.
 */
export function setIetfHeaders(
  ctx: RequestContext,
  windows: readonly Window[],
  nowMs: number,
): void {
  const policies = windows.map(
    ({ period, limit }) => `"${period}";q=${limit};w=${SECONDS[period]}`,
  );
  const limits = windows.map((window) => {
    const { period, remaining } = window;
    return `"${period}";r=${remaining};t=${resetText(window, nowMs)}`;
  });
  ctx.response.setHeader("RateLimit-Policy", policies.join(", "));
  ctx.response.setHeader("RateLimit", limits.join(", "));
}
