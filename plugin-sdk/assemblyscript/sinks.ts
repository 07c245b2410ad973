// Where a plugin sends what it has to tell; ABI.md has the options.
import * as host from "../src/engine/host";
import { first } from "./text";

/** Of the current entry, in configure: its id, or a Fault. `options` is JSON. */
export function openSink(options: string): i32 {
  first.utf8(options);
  return host.sink_open(first.pointer, first.length);
}

/** Queues an entry. Returns 0, or a Fault: limit when it was dropped. */
export function appendToSink(sink: i32, entry: string): i32 {
  first.utf8(entry);
  return host.sink_append(0, sink, first.pointer, first.length);
}

/** The same for the request's log record, in the log phase. */
export function appendRecordToSink(request: i32, sink: i32): i32 {
  return host.sink_append(request, sink, 0, -1);
}
