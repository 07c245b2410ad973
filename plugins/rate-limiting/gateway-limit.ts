// Kong's windows, fixed or sliding, in a quota of the gateway: where a client stays within it, the gateway counts its
// next requests without a call of the plugin.
import { openQuota } from "@sluice/plugin-sdk";
import type { Quota, QuotaLimits } from "@sluice/plugin-sdk";

import { PERIODS } from "../parts/calendar-windows.ts";
import type { Config } from "./config.ts";
import { refuse } from "./limit.ts";
import type { Limit } from "./limit.ts";
import { quotaHeaders } from "./quota-headers.ts";
import type { HeaderBlock, ToldOfPeriod } from "./quota-headers.ts";

export function limitByGateway(config: Config): Limit {
  const limits = limitsOf(config);
  const quota = openQuota(limits, { sliding: config.window_type === "sliding" });
  const within = headersOf(config, limits, quota, true);
  const exceeded = headersOf(config, limits, quota, false);
  return (ctx, identifier, cost) => {
    const fits = ctx.take(quota, identifier, cost);
    const { text, count } = fits ? within : exceeded;
    if (count > 0) ctx.response.fillHeaderBlock(text, count);
    if (!fits) return refuse(ctx, config);
    ctx.remember();
    return undefined;
  };
}

function limitsOf(config: Config): QuotaLimits {
  const limited = PERIODS.filter((period) => config[period] !== undefined);
  return Object.fromEntries(limited.map((period) => [period, config[period]]));
}

function headersOf(
  config: Config,
  limits: QuotaLimits,
  { windows, tightest }: Quota,
  fits: boolean,
): HeaderBlock {
  const told: ToldOfPeriod[] = [];
  for (const period of PERIODS) {
    const limit = limits[period];
    const window = windows[period];
    if (limit !== undefined && window !== undefined) told.push({ ...window, period, limit });
  }
  return quotaHeaders(told, tightest, { ...config, fits });
}
