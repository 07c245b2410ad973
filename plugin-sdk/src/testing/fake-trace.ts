// Spans of a fake exchange, timed by the gateway's clock.
import type { Span, SpanRecord, Trace, TraceRecord } from "../context.ts";

type MutableSpan = { -readonly [Key in keyof SpanRecord]: SpanRecord[Key] };

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const REQUEST_SPAN_ID = "b7ad6b7169203331";

export class FakeTrace implements Trace {
  readonly id: string = TRACE_ID;
  readonly #spans: MutableSpan[] = [];
  readonly #now: () => number;

  /** `now` gives ms since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  span<Result>(name: string, run: (span: Span) => Result): Result {
    return this.#inSpan(REQUEST_SPAN_ID, name, run);
  }

  record(): TraceRecord {
    const ids = { trace_id: TRACE_ID, span_id: REQUEST_SPAN_ID, parent_id: null, sampled: true };
    return { ...ids, spans: this.#spans };
  }

  #inSpan<Result>(parent: string, name: string, run: (span: Span) => Result): Result {
    const attributes: Record<string, string> = {};
    const record: MutableSpan = {
      span_id: String(this.#spans.length + 1).padStart(16, "0"),
      parent_id: parent,
      name,
      plugin: "plugin",
      start_ns: this.#nowNs(),
      end_ns: null,
      is_error: false,
      attributes,
    };
    this.#spans.push(record);
    const end = (isError: boolean): void => {
      record.end_ns = this.#nowNs();
      record.is_error = isError;
    };
    const span: Span = {
      set: (key, value) => void (attributes[key] = String(value)),
      span: (child, runChild) => this.#inSpan(record.span_id, child, runChild),
    };
    let result: Result;
    try {
      result = run(span);
    } catch (error) {
      end(true);
      throw error;
    }
    if (result instanceof Promise) {
      result.then(
        () => end(false),
        () => end(true),
      );
    } else end(false);
    return result;
  }

  #nowNs(): string {
    return String(BigInt(Math.round(this.#now())) * 1_000_000n);
  }
}
