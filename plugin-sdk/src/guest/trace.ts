// Spans on the request's trace, which the host keeps.
import { Fault } from "../abi.ts";
import type { Span, Trace, TraceRecord } from "../context.ts";
import { check, textOf } from "./faults.ts";
import { spanEnd, spanSet, spanStart, traceGet } from "./native.ts";
import { viewOf } from "./view.ts";

/** As a parent, the request itself; as a span, one over the limit, of which nothing is kept. */
const NONE = 0;

export abstract class HostTrace implements Trace {
  declare readonly requestHandle: number;

  get id(): string {
    return this.record().trace_id;
  }

  span<Result>(name: string, run: (span: Span) => Result): Result {
    return inSpan(this.requestHandle, NONE, name, run);
  }

  record(): TraceRecord {
    // ABI.md says what it is.
    return JSON.parse(textOf(traceGet(this.requestHandle), "trace") ?? "") as TraceRecord;
  }
}

abstract class HostSpan implements Span {
  declare readonly requestHandle: number;
  declare readonly spanHandle: number;

  set(key: string, value: string | number | boolean): void {
    if (this.spanHandle === NONE) return;
    const result = spanSet(this.requestHandle, this.spanHandle, key, String(value));
    if (result !== Fault.limit) check(result, `attribute "${key}"`);
  }

  span<Result>(name: string, run: (span: Span) => Result): Result {
    return inSpan(this.requestHandle, this.spanHandle, name, run);
  }
}

function inSpan<Result>(
  requestHandle: number,
  parent: number,
  name: string,
  run: (span: Span) => Result,
): Result {
  const started = spanStart(requestHandle, parent, name);
  const spanHandle = started === Fault.limit ? NONE : check(started, `span "${name}"`);
  const end = (isError: number): void => {
    if (spanHandle !== NONE) spanEnd(requestHandle, spanHandle, isError);
  };
  let result: Result;
  try {
    result = run(viewOf({ __proto__: HostSpan.prototype, requestHandle, spanHandle }));
  } catch (error) {
    end(1);
    throw error;
  }
  if (!(result instanceof Promise)) {
    end(0);
    return result;
  }
  const settled = result.then(
    (value: unknown) => {
      end(0);
      return value;
    },
    (error: unknown) => {
      end(1);
      throw error;
    },
  );
  return settled as Result; // The same promise but for its timing.
}
