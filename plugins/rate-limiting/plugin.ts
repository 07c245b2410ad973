// Limits how many requests a client may make: in Kong's windows, sliding ones, or by buckets; counted in the gateway or
// in a Redis.
import { definePlugin } from "@sluice/plugin-sdk";
import type { RequestContext } from "@sluice/plugin-sdk";

import { config } from "./config.ts";
import { settingsOf } from "./settings.ts";
import type { Settings } from "./settings.ts";

export default definePlugin({
  name: "rate-limiting",
  version: "1.2.0",
  priority: 910,
  config,

  configure: (config, entry) => settingsOf(config, entry.id),

  onRequest: (ctx, settings) => settings.limit(ctx, settings.identify(ctx), costOf(ctx, settings)),
});

function costOf(ctx: RequestContext, { cost, costHeader }: Settings): number {
  const text = costHeader === undefined ? undefined : ctx.request.header(costHeader);
  // Nobody makes a request free, or puts back what others used.
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : cost;
}
