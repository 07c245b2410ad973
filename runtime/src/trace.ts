// The trace of one request (https://www.w3.org/TR/trace-context/) and the spans that plugins measured on it.
import { epochNs } from "./exchange.ts";
import { randomHex } from "./random.ts";

/** Of one request; a plugin in a loop must not fill the memory. */
const MAX_SPANS = 64;
const MAX_ATTRIBUTES = 32;
const MAX_NAME_CHARACTERS = 256;
const MAX_VALUE_CHARACTERS = 1024;

interface Span {
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  readonly plugin: string;
  /** Monotonic, ms. */
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  isError: boolean;
  readonly attributes: Map<string, string>;
}

/** What a client said of the trace that its request belongs to. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined unless it is valid: version 00 exactly, later ones as far as they agree with it. */
export function readTraceParent(value: string): TraceParent | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(value) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Why a span or attribute was not taken. */
export type SpanFault = "unknown" | "full";

export class Trace {
  readonly id: string;
  /** Of the request itself. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly isSampled: boolean;
  readonly #spans: Span[] = [];

  /** `parents` are the values of the client's traceparent; more than one of them says nothing. */
  constructor(parents: readonly string[]) {
    const parent = parents.length === 1 ? readTraceParent(parents[0] ?? "") : undefined;
    this.id = parent?.traceId ?? randomId(16);
    this.spanId = randomId(8);
    this.parentId = parent?.spanId;
    this.isSampled = parent?.isSampled ?? true;
  }

  get hasSpans(): boolean {
    return this.#spans.length > 0;
  }

  /** The span's number from 1. `parent` is such a number, or 0 for the request. */
  start(plugin: string, parent: number, name: string, nowMs: number): number | SpanFault {
    const parentId = parent === 0 ? this.spanId : this.#spans[parent - 1]?.id;
    if (parentId === undefined) return "unknown";
    if (this.#spans.length >= MAX_SPANS) return "full";
    return this.#spans.push({
      id: randomId(8),
      parentId,
      name: name.slice(0, MAX_NAME_CHARACTERS),
      plugin,
      startedAtMs: nowMs,
      endedAtMs: undefined,
      isError: false,
      attributes: new Map(),
    });
  }

  /** Undefined when it was taken. */
  set(number: number, key: string, value: string): SpanFault | undefined {
    const span = this.#open(number);
    if (span === undefined) return "unknown";
    const { attributes } = span;
    if (attributes.size >= MAX_ATTRIBUTES && !attributes.has(key)) return "full";
    attributes.set(key.slice(0, MAX_NAME_CHARACTERS), value.slice(0, MAX_VALUE_CHARACTERS));
    return undefined;
  }

  /** False for one that is not there, or has ended. */
  end(number: number, isError: boolean, nowMs: number): boolean {
    const span = this.#open(number);
    if (span === undefined) return false;
    span.endedAtMs = nowMs;
    span.isError = isError;
    return true;
  }

  #open(number: number): Span | undefined {
    const span = this.#spans[number - 1];
    return span?.endedAtMs === undefined ? span : undefined;
  }

  /** As the ABI gives it (ABI.md, section "Spans"). */
  toJSON(): unknown {
    return {
      trace_id: this.id,
      span_id: this.spanId,
      parent_id: this.parentId ?? null,
      sampled: this.isSampled,
      spans: this.#spans.map((span) => ({
        span_id: span.id,
        parent_id: span.parentId,
        name: span.name,
        plugin: span.plugin,
        // Numbers of JSON are not exact at that size.
        start_ns: String(epochNs(span.startedAtMs)),
        end_ns: span.endedAtMs === undefined ? null : String(epochNs(span.endedAtMs)),
        is_error: span.isError,
        attributes: Object.fromEntries(span.attributes),
      })),
    };
  }
}

/** Zeros alone are no id. */
function randomId(bytes: number): string {
  const id = randomHex(bytes);
  return /^0+$/.test(id) ? randomId(bytes) : id;
}
