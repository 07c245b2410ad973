// Host functions for sinks: what the plugin appends is kept, one sink for each set of options.
import { Fault } from "../../abi.ts";
import type { SinkOptions } from "../../sinks.ts";
import { isHostGranted } from "../grants.ts";
import type { HostState } from "../host-state.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";
import { recordOf } from "./process.ts";

const MAX_ENTRY_BYTES = 1_048_576;
const RECORD = -1;
const NO_REQUEST = 0;

export function sinkFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<"sink_open" | "sink_append"> {
  return {
    sink_open: (options, length) => {
      if (calls.phase !== "configure") return Fault.wrongPhase;
      const json = memory.readUtf8(options, length);
      const known = host.sinks.findIndex((sink) => JSON.stringify(sink.options) === json);
      if (known >= 0) return known;
      const given = sinkOptions(json);
      if (given === undefined) return Fault.badValue;
      if (given.to === "http" && URL.parse(given.url) === null) return Fault.badValue;
      if (!isAllowed(given, host)) return Fault.denied;
      return host.sinks.push({ options: given, entries: [] }) - 1;
    },

    sink_append: (request, sink, data, length) => {
      const call = request === NO_REQUEST ? undefined : calls.of(request);
      if (request !== NO_REQUEST && call?.exchange === undefined) return Fault.badHandle;
      if (calls.phase === "configure") return Fault.wrongPhase;
      const found = host.sinks[sink];
      if (length === RECORD) {
        if (call?.exchange === undefined) return Fault.badHandle;
        if (call.phase !== "log") return Fault.wrongPhase;
        found?.entries.push(recordOf(call.exchange));
        return found === undefined ? Fault.badHandle : 0;
      }
      if (length < 0) return Fault.badValue;
      if (length > MAX_ENTRY_BYTES) return Fault.limit;
      if (found === undefined) return Fault.badHandle;
      found.entries.push(Buffer.from(memory.bytes(data, length)).toString());
      return 0;
    },
  };
}

function sinkOptions(json: string): SinkOptions | undefined {
  const value: unknown = JSON.parse(json);
  const isSink = typeof value === "object" && value !== null && "to" in value;
  return isSink ? (value as SinkOptions) : undefined; // The gateway looks closer; openSink makes only such.
}

function isAllowed(options: SinkOptions, host: HostState): boolean {
  const deadLetter = options.queue?.dead_letter_path;
  if (deadLetter !== undefined && !host.configStrings.has(deadLetter)) return false;
  switch (options.to) {
    case "http":
      return isHostGranted(host.grants.fetch, new URL(options.url));
    case "tcp":
    case "udp":
      return isHostGranted(host.grants.fetch, new URL(`http://${options.host}:${options.port}`));
    case "unix":
    case "file":
      return host.configStrings.has(options.path);
  }
}
