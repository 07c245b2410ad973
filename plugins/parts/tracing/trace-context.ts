// What a request says, or is told, of the trace that it belongs to; ids are lower-case hex.
import { NO_SPAN, NO_TRACE } from "./ids.ts";

/** Which trace and span a caller names, whatever the format. */
export interface TraceContext {
  /** 32 digits; a shorter one of the wire has zeros before it. */
  readonly traceId: string;
  /** 16 digits: the span of whoever sends the headers. Undefined where the format may leave it out. */
  readonly spanId: string | undefined;
  /** Undefined when the caller leaves the decision to us. */
  readonly isSampled: boolean | undefined;
  /** tracestate, as it came (W3C Trace Context §3.3). */
  readonly state?: string;
}

/** Nothing but a decision, which B3 may send alone. */
export interface SamplingOnly {
  readonly traceId: undefined;
  readonly isSampled: boolean;
}

export type Extracted = TraceContext | SamplingOnly;

/** Of the span that goes upstream. */
export interface OutgoingContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly isSampled: boolean;
  readonly state: string | undefined;
  /** B3 and Jaeger may have trace ids of 16 digits. */
  readonly isShort: boolean;
}

const HEX = /^[0-9a-f]+$/;

/** The id with zeros before it, undefined for what is none: not hex, too long, or zeros alone. */
export function idOf(text: string | undefined, digits: 16 | 32): string | undefined {
  if (text === undefined || text.length > digits) return undefined;
  const id = text.toLowerCase().padStart(digits, "0");
  return id !== NO_SPAN && id !== NO_TRACE && HEX.test(id) ? id : undefined;
}

/** 64 bits in decimal, as Datadog and Google write them; undefined for anything else. */
export function idOfDecimal(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const id = BigInt(text).toString(16);
  return idOf(id, 16);
}

export function decimalOf(id: string): string {
  return BigInt(`0x${id}`).toString();
}
