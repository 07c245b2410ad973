// Windows and buckets that the plugin counts itself: in a Redis, or as buckets in the gateway's store.
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { reasonOf } from "../parts/reason.ts";
import { takeFromBuckets } from "./buckets.ts";
import type { Config } from "./config.ts";
import { refuse } from "./limit.ts";
import type { Limit } from "./limit.ts";
import { quotaHeaders } from "./quota-headers.ts";
import type { ToldOfPeriod } from "./quota-headers.ts";
import type { TakeLater } from "./redis-quota.ts";
import { secondsLeft, tightest } from "./windows.ts";
import type { Window } from "./windows.ts";

/** What the counters in a Redis say decides; where they cannot be had, `fault_tolerant` does. */
export function limitByRedis(
  config: Config,
  windows: readonly Window[],
  takeLater: TakeLater,
): Limit {
  return async (ctx, identifier, cost) => {
    let fits: boolean;
    try {
      fits = await takeLater(windows, identifier, cost);
    } catch (cause) {
      return notCounted(ctx, config, cause);
    }
    return goOn(ctx, config, windows, fits);
  };
}

export function limitByBuckets(config: Config, windows: readonly Window[]): Limit {
  return (ctx, identifier, cost) => {
    let fits: boolean;
    try {
      fits = takeFromBuckets(ctx.store, windows, identifier, Date.now(), cost);
    } catch (cause) {
      return notCounted(ctx, config, cause);
    }
    return goOn(ctx, config, windows, fits);
  };
}

function notCounted(
  ctx: RequestContext,
  { fault_tolerant }: Config,
  cause: unknown,
): EarlyResponse | undefined {
  ctx.log.error(`The request was not counted: ${reasonOf(cause)}`);
  return fault_tolerant ? undefined : ctx.error(500, "An unexpected error occurred");
}

/** What the windows say is of this request only until the next await. */
function goOn(
  ctx: RequestContext,
  config: Config,
  windows: readonly Window[],
  fits: boolean,
): EarlyResponse | undefined | Promise<undefined> {
  tell(ctx, config, windows, fits);
  if (!fits) return refuse(ctx, config);
  const delayMs = Math.max(...windows.map((window) => window.delayMs));
  return config.algorithm === "leaky_bucket" && delayMs > 0 ? passed(delayMs) : undefined;
}

async function passed(ms: number): Promise<undefined> {
  await new Promise<void>((resolve) => setTimeout(resolve, ms));
  return undefined;
}

function tell(
  ctx: RequestContext,
  config: Config,
  windows: readonly Window[],
  fits: boolean,
): void {
  const nowMs = Date.now();
  const toldOf = (window: Window): ToldOfPeriod => {
    const { period, limit, remaining } = window;
    return { period, limit, remaining, reset: secondsLeft(window, nowMs) };
  };
  const { text, count } = quotaHeaders(windows.map(toldOf), toldOf(tightest(windows)), {
    ...config,
    fits,
  });
  if (count > 0) ctx.response.setHeaderBlock(text, count);
}
