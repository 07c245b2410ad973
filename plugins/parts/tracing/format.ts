// What a way to write a trace context in headers can do, and what several of them have in common.
import type { MutableRequest, ReadableFields } from "@sluice/plugin-sdk";

import type { Extracted, OutgoingContext } from "./trace-context.ts";

export interface Format {
  /** Names of all its headers. */
  readonly headers: readonly string[];
  /** Undefined when the request has nothing valid of it. */
  extract(request: ReadableFields): Extracted | undefined;
  /** `came` are the names of the trace headers that the request has; those of this format name another parent. */
  inject(request: MutableRequest, context: OutgoingContext, came: readonly string[]): void;
}

export function sampledOf(value: string | undefined): boolean | undefined {
  if (value === "1" || value === "true" || value === "d") return true;
  return value === "0" || value === "false" ? false : undefined;
}

/** The trace id with as many digits as it came with. */
export function shortened({ traceId, isShort }: OutgoingContext): string {
  return isShort ? traceId.slice(16) : traceId;
}
