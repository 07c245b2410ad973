// What is known of one name, kept fresh: looked up again shortly before it expires, so that no request waits for it.
import type { Clock } from "../../upstream/clock.ts";
import type { QueryType } from "./message.ts";
import type { Resolution, ResolvedAddress } from "./name-lookup.ts";

/** Kong's dns_* settings, ms. */
export interface NameTimes {
  /** In place of what the records say; undefined to go by them. */
  readonly validTtlMs: number | undefined;
  /** How long addresses are used past their time when nobody answers. */
  readonly staleTtlMs: number;
  /** How long "no such name" is believed, and how long it is doubted when there were addresses before. */
  readonly notFoundTtlMs: number;
  /** Between look-ups that fail. */
  readonly errorTtlMs: number;
}

export interface WatchedNameParts {
  readonly times: NameTimes;
  readonly clock: Clock;
  readonly random: () => number;
  lookUp(name: string, last: QueryType | undefined, signal: AbortSignal): Promise<Resolution>;
  /** Other addresses than before, or none. */
  onChange(name: WatchedName): void;
  /** Look-ups bring nothing any more, or something again. */
  onFault(name: WatchedName): void;
  onLookedUp(outcome: Resolution["kind"]): void;
}

/** Records may say 0 (RFC 1035 §3.2.1): they are looked at every second all the same. */
const MIN_TTL_MS = 1000;
/** A look-up comes so much earlier than the end, ms and as a share of the time. */
const MAX_LEAD_MS = 5000;
const LEAD_SHARE = 0.1;

export class WatchedName {
  readonly name: string;
  /** The last good ones; empty when there are none that may still be used. */
  addresses: readonly ResolvedAddress[] = [];
  type: QueryType | undefined;
  /** Why the last look-up brought none; undefined when it did. */
  error: string | undefined;
  readonly #parts: WatchedNameParts;
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #cancelTimer: () => void = () => undefined;
  #expiresAtMs = 0;
  #missingSinceMs: number | undefined;

  constructor(name: string, parts: WatchedNameParts) {
    this.name = name;
    this.#parts = parts;
  }

  /** When the first look-up has ended, whatever came of it. */
  get firstLookUp(): Promise<void> {
    return this.#first.promise;
  }

  start(): void {
    void this.#lookUp();
  }

  stop(): void {
    this.#stopping.abort();
    this.#cancelTimer();
    this.#first.resolve();
  }

  async #lookUp(): Promise<void> {
    const { signal } = this.#stopping;
    const resolution = await this.#parts.lookUp(this.name, this.type, signal);
    if (signal.aborted) return;
    this.#parts.onLookedUp(resolution.kind);
    const hadError = this.error !== undefined;
    const nextMs = this.#take(resolution);
    if (hadError !== (this.error !== undefined)) this.#parts.onFault(this);
    this.#first.resolve();
    this.#cancelTimer = this.#parts.clock.after(nextMs, () => void this.#lookUp());
  }

  /** When to look again, ms from now. */
  #take(resolution: Resolution): number {
    const { times, clock, random } = this.#parts;
    const nowMs = clock.nowMs();
    switch (resolution.kind) {
      case "found": {
        const ttlMs = times.validTtlMs ?? Math.max(MIN_TTL_MS, resolution.ttlMs);
        this.error = undefined;
        this.#missingSinceMs = undefined;
        this.#expiresAtMs = nowMs + ttlMs;
        this.type = resolution.type;
        this.#use(resolution.addresses);
        const leadMs = Math.min(MAX_LEAD_MS, ttlMs * LEAD_SHARE);
        // Not all at once, however many were first asked for together.
        return ttlMs - leadMs * (1 + random()) * 0.5;
      }
      case "not_found": {
        this.error = resolution.detail;
        this.#missingSinceMs ??= nowMs;
        const isDoubted =
          this.addresses.length > 0 && nowMs - this.#missingSinceMs < times.notFoundTtlMs;
        if (isDoubted) return Math.min(times.errorTtlMs, times.notFoundTtlMs);
        this.#use([]);
        return times.notFoundTtlMs;
      }
      case "failed":
        this.error = resolution.detail;
        if (nowMs >= this.#expiresAtMs + times.staleTtlMs) this.#use([]);
        return times.errorTtlMs;
    }
  }

  #use(addresses: readonly ResolvedAddress[]): void {
    // Servers turn the order of their answers: that is no change.
    const sorted = addresses.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    if (sorted.map(keyOf).join() === this.addresses.map(keyOf).join()) return;
    this.addresses = sorted;
    this.#parts.onChange(this);
  }
}

function keyOf({ host, port, weight }: ResolvedAddress): string {
  return `${host} ${port} ${weight}`;
}
