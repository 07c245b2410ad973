// What the client is told of its quota: in Kong's headers, and if wanted in those of the IETF draft.
import type { RequestContext } from "@sluice/plugin-sdk";

import { moveReset } from "./windows.ts";
import type { Window } from "./windows.ts";

/**
 * Kong's headers, put together from texts that the requests of a second share. With `+`, because QuickJS calls a function
 * for each template.
 */
export function setQuotaHeaders(
  { response }: RequestContext,
  windows: readonly Window[],
  nowMs: number,
  fits: boolean,
): void {
  const window = tightest(windows);
  moveReset(window, nowMs);
  let block = window.standardHeaders + window.remaining + window.resetHeader;
  if (!fits) block += "Retry-After\0" + window.secondsLeft + "\0";
  for (let at = 0; at < windows.length; at++) {
    const { ownHeaders, remaining } = windows[at] as Window;
    block += ownHeaders + remaining + "\0";
  }
  response.setHeaderBlock(block, (fits ? 3 : 4) + 2 * windows.length);
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
    moveReset(window, nowMs);
    const { period, remaining, secondsLeft } = window;
    return `"${period}";r=${remaining};t=${secondsLeft}`;
  });
  ctx.response.setHeader("RateLimit-Policy", policies.join(", "));
  ctx.response.setHeader("RateLimit", limits.join(", "));
}
