// The host's side of a quota: counts in all windows, or in none.
import { PERIODS, windowAt } from "../calendar.ts";
import type { Period } from "../calendar.ts";

/** Where the counts are; what workers share of it is atomic. */
export interface Counters {
  get(key: string): string | undefined;
  /** Creates the key at 0, with ttlMs to live. */
  increment(key: string, delta: number, ttlMs: number): number;
}

export interface QuotaDefinition {
  readonly name: string;
  /** Shortest period first. */
  readonly limits: readonly (readonly [period: Period, limit: number])[];
  readonly isSliding: boolean;
}

/** What a client is told of a window. */
export type QuotaValue = "limit" | "remaining" | "reset";

// Workers read the clock a little apart: a counter outlives its window, or a late worker would begin it anew.
const KEEP_AFTER_END_MS = 1000;
const MAX_NAME_CHARACTERS = 64;

/** Of one take. */
export const MAX_COST = 1_000_000_000;

/** What `quota_take` takes: a whole number from 1 to {@link MAX_COST}. */
export function isCost(cost: number): boolean {
  return Number.isInteger(cost) && cost >= 1 && cost <= MAX_COST;
}

/** Of `quota_open`'s JSON; undefined when it is no definition. */
export function readQuotaDefinition(json: string): QuotaDefinition | undefined {
  const given = objectOf(parsed(json));
  const { name, sliding } = given;
  const limits = objectOf(given["limits"]);
  const known = PERIODS.filter((period) => limits[period] !== undefined);
  const pairs = known.map((period) => [period, limits[period]] as const);
  const isWhole =
    typeof name === "string" &&
    name.length <= MAX_NAME_CHARACTERS &&
    typeof sliding === "boolean" &&
    pairs.length > 0 &&
    pairs.length === Object.keys(limits).length;
  if (!isWhole || !pairs.every(isLimited)) return undefined;
  return { name, limits: pairs, isSliding: sliding };
}

function isLimited(pair: readonly [Period, unknown]): pair is readonly [Period, number] {
  return Number.isSafeInteger(pair[1]) && Number(pair[1]) >= 1;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null;
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}

interface Window {
  readonly period: Period;
  readonly limit: number;
  startMs: number;
  endMs: number;
  /** Until then it is looked at: when windows slide, the next one does, too, and months are not of one length. */
  neededUntilMs: number;
  /** The keys of the window, and of the one before, begin with this. */
  prefix: string;
  previousPrefix: string;
  remaining: number;
}

export class QuotaCounter {
  readonly #counters: Counters;
  readonly #keyPrefix: string;
  readonly #isSliding: boolean;
  readonly #windows: readonly Window[];
  #takenAtMs = 0;

  /** No other quota's `keyPrefix` is the same. */
  constructor(counters: Counters, keyPrefix: string, { limits, isSliding }: QuotaDefinition) {
    this.#counters = counters;
    this.#keyPrefix = keyPrefix;
    this.#isSliding = isSliding;
    this.#windows = limits.map(([period, limit]) => ({
      period,
      limit,
      startMs: 0,
      endMs: 0,
      neededUntilMs: 0,
      prefix: "",
      previousPrefix: "",
      remaining: limit,
    }));
  }

  /**
   * Adds the cost in each window, and takes back what it added when one of them is full; says whether it fits. Adding
   * comes before comparing: the counters are all that workers share, and only as many as the limit allows see a result
   * within it.
   */
  take(identifier: string, cost: number, nowMs: number): boolean {
    this.#takenAtMs = nowMs;
    for (let at = 0; at < this.#windows.length; at++) {
      const window = this.#windows[at] as Window;
      this.#moveTo(window, nowMs);
      const used = this.#slidPart(window, identifier, nowMs) + this.#add(window, identifier, cost);
      window.remaining = Math.floor(window.limit - used);
      if (used <= window.limit) continue;
      this.#giveBack(identifier, cost, at + 1);
      return false;
    }
    return true;
  }

  /** Of the last take. Undefined for a window that there is not. */
  valueOf(window: string, value: QuotaValue): number | undefined {
    const found = window === "tightest" ? this.#tightest() : this.#windowOf(window);
    if (found === undefined) return undefined;
    if (value === "reset") return Math.ceil((found.endMs - this.#takenAtMs) / 1000);
    return found[value];
  }

  /** Takes the cost back from the first `counted` windows. */
  #giveBack(identifier: string, cost: number, counted: number): void {
    const nowMs = this.#takenAtMs;
    for (const [index, window] of this.#windows.entries()) {
      this.#moveTo(window, nowMs);
      const own =
        index < counted
          ? this.#add(window, identifier, -cost)
          : Number(this.#counters.get(window.prefix + identifier) ?? 0);
      const used = own + this.#slidPart(window, identifier, nowMs);
      window.remaining = Math.max(0, Math.floor(window.limit - used));
    }
  }

  #add(window: Window, identifier: string, delta: number): number {
    const ttlMs = window.neededUntilMs - this.#takenAtMs + KEEP_AFTER_END_MS;
    return this.#counters.increment(window.prefix + identifier, delta, ttlMs);
  }

  #slidPart({ startMs, endMs, previousPrefix }: Window, identifier: string, nowMs: number): number {
    if (!this.#isSliding) return 0;
    const before = Number(this.#counters.get(previousPrefix + identifier) ?? 0);
    // In this order: a share of 0.55 times 100 is a little more than 55.
    return ((endMs - nowMs) * before) / (endMs - startMs);
  }

  #moveTo(window: Window, nowMs: number): void {
    if (nowMs >= window.startMs && nowMs < window.endMs) return;
    const { startMs, endMs, previousMs } = windowAt(window.period, nowMs);
    window.startMs = startMs;
    window.endMs = endMs;
    window.neededUntilMs = this.#isSliding ? windowAt(window.period, endMs).endMs : endMs;
    window.prefix = `${this.#keyPrefix}:${window.period}:${startMs}:`;
    window.previousPrefix = `${this.#keyPrefix}:${window.period}:${previousMs}:`;
  }

  #tightest(): Window | undefined {
    let tightest = this.#windows[0];
    for (const window of this.#windows) {
      if (tightest === undefined || window.remaining <= tightest.remaining) tightest = window;
    }
    return tightest;
  }

  #windowOf(period: string): Window | undefined {
    return this.#windows.find((window) => window.period === period);
  }
}
