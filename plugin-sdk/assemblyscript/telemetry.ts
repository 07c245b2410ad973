// Metrics of the manifest, and spans on the request's trace.
import * as host from "../src/engine/host";
import { first, second } from "./text";

/** `metric` is the index in the manifest; one label's value for each of its labels. Returns 0 or a Fault. */
export function recordMetric(metric: i32, value: f64, labels: string[] = []): i32 {
  let text = "";
  for (let index = 0; index < labels.length; index++) text += labels[index] + "\0";
  first.utf8(text);
  return host.metric_record(metric, value, first.pointer, first.length);
}

export class Span {
  readonly request: i32;
  /** Negative when there are too many; the rest then does nothing. */
  readonly id: i32;

  /** `parent`: the id of another span; 0 for the request itself. */
  constructor(request: i32, name: string, parent: i32 = 0) {
    first.utf8(name);
    this.request = request;
    this.id = host.span_start(request, parent, first.pointer, first.length);
  }

  set(key: string, value: string): void {
    first.utf8(key);
    second.utf8(value);
    host.span_set(
      this.request, this.id, first.pointer, first.length, second.pointer, second.length,
    );
  }

  end(isError: bool = false): void {
    host.span_end(this.request, this.id, isError ? 1 : 0);
  }
}
