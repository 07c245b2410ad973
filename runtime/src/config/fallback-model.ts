// What is answered instead of an error, after parsing.
import type { ErrorCode } from "../errors.ts";

export interface FallbackConfig {
  readonly on: FallbackCauses;
  /** The last good answer to the same request. */
  readonly cache: FallbackCacheConfig | undefined;
  /** Another service is asked. */
  readonly serviceId: string | undefined;
  readonly answer: StaticAnswerConfig | undefined;
}

export interface FallbackCauses {
  readonly codes: ReadonlySet<ErrorCode>;
  /** Of upstreams' responses. */
  readonly statuses: ReadonlySet<number>;
}

export interface FallbackCacheConfig {
  readonly maxEntries: number;
  /** Of all entries, heads included. */
  readonly maxBytes: number;
  readonly storageTtlMs: number;
}

export interface StaticAnswerConfig {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}
