// Makes a share of the requests slow, or fail, as Kuma's MeshFaultInjection does: for tests of what depends on them.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, RequestContext } from "@sluice/plugin-sdk";

import { happens, percentage } from "../parts/chance.ts";
import { parseDuration } from "./duration.ts";

const config = s
  .object({
    abort: s
      .object({ httpStatus: s.integer().min(200).max(599), percentage: percentage.default(100) })
      .optional(),
    delay: s.object({ value: s.string(), percentage: percentage.default(100) }).optional(),
  })
  .atLeastOneOf("abort", "delay");

/** A request that waits holds its connection. */
const MAX_DELAY_MS = 60_000;

interface Settings {
  readonly status: number;
  readonly abortPercent: number;
  readonly delayMs: number;
  readonly delayPercent: number;
}

export default definePlugin({
  name: "fault-injection",
  version: "1.0.0",
  priority: 5,
  config,

  configure({ abort, delay }): Settings {
    const delayMs = delay === undefined ? 0 : parseDuration(delay.value);
    if (delayMs === undefined || delayMs > MAX_DELAY_MS) {
      throw new ConfigError(
        `"${delay?.value}", expected a time of at most 60s, such as 50ms or 1.5s`,
        "delay.value",
      );
    }
    return {
      status: abort?.httpStatus ?? 0,
      abortPercent: abort?.percentage ?? 0,
      delayMs,
      delayPercent: delay?.percentage ?? 0,
    };
  },

  onRequest(ctx, settings) {
    const isAborted = happens(settings.abortPercent);
    if (happens(settings.delayPercent)) return slowly(ctx, settings, isAborted);
    if (!isAborted) return;
    return abort(ctx, settings);
  },
});

async function slowly(
  ctx: RequestContext,
  settings: Settings,
  isAborted: boolean,
): Promise<EarlyResponse | undefined> {
  await new Promise<void>((resolve) => {
    try {
      setTimeout(resolve, settings.delayMs);
    } catch {
      // So many wait already that there is no timer left: this one is let through.
      resolve();
    }
  });
  return isAborted ? abort(ctx, settings) : undefined;
}

function abort(ctx: RequestContext, { status }: Settings): EarlyResponse {
  return ctx.error(status, "fault filter abort");
}
