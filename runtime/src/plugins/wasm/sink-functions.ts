// Host functions for sinks: an entry opens its own when it is configured, and appends to them from then on.
import { Fault } from "@sluice/plugin-sdk/abi";
import { FetchFailed } from "../../outbound/fetch-failed.ts";
import type { Item } from "../../sinks/delivery.ts";
import { pathsOf, readSinkOptions } from "../../sinks/sink-options.ts";
import { MAX_ENTRY_BYTES } from "../../sinks/sinks.ts";
import type { Sink } from "../../sinks/sinks.ts";
import { fetchRules } from "../fetch-rules.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

const MAX_OPTIONS_BYTES = 262_144;
/** Of one instance: an entry needs a few. */
const MAX_SINKS = 10_000;
/** Length that stands for the request's log record. */
const RECORD = -1;
const NO_REQUEST = 0;

/** The sinks that the entries of one instance hold. */
export class OpenSinks {
  readonly #held: { readonly entry: number; readonly sink: Sink }[] = [];

  get size(): number {
    return this.#held.length;
  }

  /** Its id. */
  add(entry: number, sink: Sink): number {
    return this.#held.push({ entry, sink }) - 1;
  }

  /** Undefined when the entry has no such sink. */
  of(id: number, entry: number | undefined): Sink | undefined {
    const found = this.#held[id];
    return found?.entry === entry ? found?.sink : undefined;
  }

  /** The instance has ended. */
  release(): void {
    for (const { sink } of this.#held.splice(0)) sink.release();
  }
}

export function sinkFunctions(
  {
    plugin,
    memory,
    call,
    entries,
    services,
  }: Pick<GatewayFunctionOptions, "plugin" | "memory" | "call" | "entries" | "services">,
  held: OpenSinks,
): HostFunctions<"sink_open" | "sink_append"> {
  const open = (json: string): number => {
    const options = readSinkOptions(json);
    const entry = entries[call.entry];
    if (options === undefined || entry === undefined) return Fault.badValue;
    // Files as with file_append: only what the operator wrote into this entry's config.
    if (!pathsOf(options).every((path) => entry.strings.has(path))) return Fault.denied;
    try {
      const sink = services.sinks.open(options, fetchRules(plugin, entry.grants));
      return held.add(call.entry, sink);
    } catch (error) {
      return error instanceof FetchFailed ? Fault.denied : Fault.badValue;
    }
  };
  const append = (id: number, entry: number | undefined, item: () => Item): number => {
    const sink = held.of(id, entry);
    if (sink === undefined) return Fault.badHandle;
    return sink.append(item()) ? 0 : Fault.limit;
  };
  return {
    sink_open: (_, options, length) => {
      if (!call.isConfiguring) return Fault.wrongPhase;
      if (length > MAX_OPTIONS_BYTES || held.size >= MAX_SINKS) return Fault.limit;
      return open(memory.readUtf8(options, length));
    },

    sink_append: (_, request, sink, data, length) => {
      const asking = request === NO_REQUEST ? undefined : call.of(request);
      const exchange = asking?.exchange;
      if (request !== NO_REQUEST && exchange === undefined) return Fault.badHandle;
      if (call.isConfiguring) return Fault.wrongPhase;
      if (length === RECORD) {
        if (exchange === undefined) return Fault.badHandle;
        if (asking?.phase !== "log") return Fault.wrongPhase;
        return append(sink, asking.entry, () => services.record(exchange));
      }
      if (length < 0) return Fault.badValue;
      if (length > MAX_ENTRY_BYTES) return Fault.limit;
      const entry = asking?.entry ?? call.entry;
      return append(sink, entry, () => Buffer.from(memory.bytes(data, length)));
    },
  };
}
