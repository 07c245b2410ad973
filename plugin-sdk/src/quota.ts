// How much there may be in each period, counted by the gateway: one call for all windows, and no call at all for a
// decision that is remembered.
import { Fault } from "./abi.ts";
import { PERIODS } from "./calendar.ts";
import type { Period } from "./calendar.ts";
import { ConfigError } from "./config-error.ts";
import { moduleHost } from "./module-host.ts";
import { placeholder } from "./placeholders.ts";

/** At least one; each is a whole number from 1 on. */
export type QuotaLimits = { readonly [each in Period]?: number | undefined };

export interface QuotaOptions {
  /** Sets the quotas of one entry apart; "" by default. */
  readonly name?: string;
  /**
   * Whether windows slide: of the one before counts the part that a window ending now would have in it. False by
   * default: they begin with the calendar's minutes, hours and so on, in UTC.
   */
  readonly sliding?: boolean;
}

/** Placeholders, for `fillHeader`, of one window after {@link RequestContext.take}. */
export interface QuotaWindow {
  readonly limit: string;
  /** What the client may still take; never less than 0. */
  readonly remaining: string;
  /** Whole seconds until the window ends, rounded up. */
  readonly reset: string;
}

/** A quota of each client, shared by all workers of a gateway. `ctx.take` takes from it. */
export interface Quota {
  readonly id: number;
  /** Of those with a limit. */
  readonly windows: Readonly<Partial<Record<Period, QuotaWindow>>>;
  /** The window with the fewest left, the longest of several. */
  readonly tightest: QuotaWindow;
}

/** Opens a quota; only in `configure`. Throws ConfigError for a limit that is none, and RangeError for too many quotas. */
export function openQuota(limits: QuotaLimits, options: QuotaOptions = {}): Quota {
  const { name = "", sliding = false } = options;
  const id = moduleHost().quotaOpen(JSON.stringify({ limits, name, sliding }));
  if (id < 0) throw refusal(id);
  const limited = PERIODS.filter((period) => limits[period] !== undefined);
  return {
    id,
    windows: Object.fromEntries(limited.map((period) => [period, windowOf(id, period)])),
    tightest: windowOf(id, "tightest"),
  };
}

function windowOf(id: number, window: string): QuotaWindow {
  const of = (what: string): string => placeholder(`quota.${id}.${window}.${what}`);
  return { limit: of("limit"), remaining: of("remaining"), reset: of("reset") };
}

function refusal(fault: number): Error {
  if (fault === Fault.wrongPhase) return new Error("A quota is opened in configure");
  if (fault === Fault.limit) return new RangeError("An entry opens at most 16 quotas");
  return new ConfigError(`a quota has at least one limit of ${PERIODS.join(", ")}, from 1 on`);
}
