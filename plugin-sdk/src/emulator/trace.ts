// The trace that a request is part of, with the plugin's spans.
import { randomBytes } from "node:crypto";
import { Fault } from "../abi.ts";
import type { SpanRecord, TraceRecord } from "../context.ts";

const MAX_SPANS = 64;
const MAX_ATTRIBUTES = 32;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

type Span = { -readonly [Key in keyof SpanRecord]: SpanRecord[Key] } & {
  attributes: Record<string, string>;
};

export class RequestTrace {
  readonly spans: Span[] = [];
  readonly #plugin: string;
  readonly #spanId = randomId(8);
  readonly #traceId: string;
  readonly #parentId: string | null;
  readonly #isSampled: boolean;

  constructor(plugin: string, traceparent: string | undefined) {
    const [, traceId = randomId(16), parentId = null, flags = "01"] =
      TRACEPARENT.exec(traceparent ?? "") ?? [];
    this.#plugin = plugin;
    this.#traceId = traceId;
    this.#parentId = parentId;
    this.#isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  }

  /** The span's number from 1, or a Fault. `parent` 0 is the request itself. */
  start(parent: number, name: string, nowMs: number): number {
    const above = parent === 0 ? this.#spanId : this.spans[parent - 1]?.span_id;
    if (above === undefined) return Fault.badHandle;
    if (this.spans.length >= MAX_SPANS) return Fault.limit;
    return this.spans.push({
      span_id: randomId(8),
      parent_id: above,
      name,
      plugin: this.#plugin,
      start_ns: nanoseconds(nowMs),
      end_ns: null,
      is_error: false,
      attributes: {},
    });
  }

  set(number: number, key: string, value: string): number {
    const span = this.spans[number - 1];
    if (span === undefined) return Fault.badHandle;
    const isNew = !Object.hasOwn(span.attributes, key);
    if (isNew && Object.keys(span.attributes).length >= MAX_ATTRIBUTES) return Fault.limit;
    span.attributes[key] = value;
    return 0;
  }

  end(number: number, isError: boolean, nowMs: number): number {
    const span = this.spans[number - 1];
    if (span === undefined || span.end_ns !== null) return Fault.badHandle;
    span.end_ns = nanoseconds(nowMs);
    span.is_error = isError;
    return 0;
  }

  record(): TraceRecord {
    return {
      trace_id: this.#traceId,
      span_id: this.#spanId,
      parent_id: this.#parentId,
      sampled: this.#isSampled,
      spans: this.spans,
    };
  }
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function randomId(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
