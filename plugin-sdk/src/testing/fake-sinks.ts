// Sinks in unit tests: what plugins append is kept to be looked at.
import { Fault } from "../abi.ts";
import type { LogContext } from "../context.ts";
import type { SinkOptions } from "../sinks.ts";

export interface FakeSink {
  readonly options: SinkOptions;
  readonly entries: (string | Uint8Array)[];
}

const sinks: FakeSink[] = [];

/** All that this process' plugins opened since {@link resetSinks}, one for each call of openSink. */
export function openedSinks(): readonly FakeSink[] {
  return sinks;
}

/** Sinks that are open take nothing from here on: configure again. */
export function resetSinks(): void {
  sinks.splice(0);
}

export function fakeSinkOpen(options: string): number {
  return sinks.push({ options: JSON.parse(options) as SinkOptions, entries: [] }) - 1; // openSink made it of such.
}

export function fakeSinkAppend(sink: number, data: string | Uint8Array): number {
  const found = sinks[sink];
  if (found === undefined) return Fault.badHandle;
  found.entries.push(data);
  return 0;
}

export function fakeSinkAppendRecord(ctx: LogContext, sink: number): number {
  return fakeSinkAppend(sink, ctx.record());
}
