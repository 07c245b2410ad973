// Limits how many requests a client may make: in Kong's windows, sliding ones, or by buckets; counted in the gateway's
// own store or in a Redis.
import { definePlugin } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { reasonOf } from "../parts/reason.ts";
import { setIetfHeaders, setQuotaHeaders } from "./quota-headers.ts";
import { config, settingsOf } from "./settings.ts";
import type { Settings } from "./settings.ts";

export default definePlugin({
  name: "rate-limiting",
  version: "1.1.0",
  priority: 910,
  config,

  configure: (config, entry) => settingsOf(config, entry.id),

  onRequest(ctx, settings) {
    if (settings.takeLater !== undefined || settings.isLeaky) return limitLater(ctx, settings);
    const nowMs = Date.now();
    const identifier = settings.identify(ctx);
    const cost = settings.cost_header === undefined ? settings.cost : costOf(ctx, settings);
    let fits: boolean;
    try {
      fits = settings.take(ctx.store, settings.windows, identifier, nowMs, cost);
    } catch (cause) {
      return notCounted(ctx, settings, cause);
    }
    return tell(ctx, settings, nowMs, fits);
  },
});

/** Where the counters are elsewhere, or the request may have to wait. */
async function limitLater(
  ctx: RequestContext,
  settings: Settings,
): Promise<EarlyResponse | undefined> {
  const { takeLater, windows } = settings;
  const identifier = settings.identify(ctx);
  const cost = costOf(ctx, settings);
  let fits: boolean;
  try {
    fits =
      takeLater === undefined
        ? settings.take(ctx.store, windows, identifier, Date.now(), cost)
        : await takeLater(windows, identifier, cost);
  } catch (cause) {
    return notCounted(ctx, settings, cause);
  }
  // What the windows say is of this request only until the next await.
  const delayMs = Math.max(...windows.map((window) => window.delayMs));
  const answer = tell(ctx, settings, Date.now(), fits);
  if (fits && settings.isLeaky && delayMs > 0) {
    await new Promise<void>((resolve) => setTimeout(resolve, delayMs));
  }
  return answer;
}

function costOf(ctx: RequestContext, { cost, cost_header }: Settings): number {
  const text = cost_header === undefined ? undefined : ctx.request.header(cost_header);
  // Nobody makes a request free, or puts back what others used.
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : cost;
}

function notCounted(
  ctx: RequestContext,
  { fault_tolerant }: Settings,
  cause: unknown,
): EarlyResponse | undefined {
  ctx.log.error(`The request was not counted: ${reasonOf(cause)}`);
  return fault_tolerant ? undefined : ctx.error(500, "An unexpected error occurred");
}

function tell(
  ctx: RequestContext,
  settings: Settings,
  nowMs: number,
  fits: boolean,
): EarlyResponse | undefined {
  if (!settings.hide_client_headers) setQuotaHeaders(ctx, settings.windows, nowMs, fits);
  if (settings.ietf_headers) setIetfHeaders(ctx, settings.windows, nowMs);
  return fits ? undefined : ctx.error(settings.error_code, settings.error_message);
}
