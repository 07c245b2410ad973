// What became of the entries of a plugin's sinks; it outlives the sinks.
import { familiesOf } from "../status/families.ts";
import type { Family } from "../status/families.ts";
import type { SinkKind } from "./sink-options.ts";

/** What became of an entry in the end. Dropped ones are lost. */
const ENTRY_OUTCOMES = [
  "delivered",
  /** Kept in the dead-letter file. */
  "spilled",
  /** The queue was full: the oldest goes, as in Kong. */
  "dropped_full",
  /** Longer than the queue, a datagram, or any entry may be. */
  "dropped_large",
  /** Retries ended, and no dead-letter file took it. */
  "dropped_failed",
  /** The gateway ended before it was delivered. */
  "dropped_ended",
] as const;
export type EntryOutcome = (typeof ENTRY_OUTCOMES)[number];

export class SinkCounts {
  readonly plugin: string;
  readonly to: SinkKind;
  readonly entries: Record<EntryOutcome, number> = {
    delivered: 0,
    spilled: 0,
    dropped_full: 0,
    dropped_large: 0,
    dropped_failed: 0,
    dropped_ended: 0,
  };
  /** Batches that were sent again. */
  retries = 0;
  /** Entries that wait or are on their way, in all queues. */
  queued = 0;
  queuedBytes = 0;

  constructor(plugin: string, to: SinkKind) {
    this.plugin = plugin;
    this.to = to;
  }
}

export function sinkFamilies(all: readonly SinkCounts[]): Family[] {
  const family = familiesOf(all, ({ plugin, to }) => ({ plugin, to }));
  return [
    {
      name: "sluice_sink_entries_total",
      type: "counter",
      help: "Entries of plugins' sinks by what became of them",
      samples: all.flatMap(({ plugin, to, entries }) =>
        ENTRY_OUTCOMES.map((outcome) => ({
          labels: { plugin, to, outcome },
          value: entries[outcome],
        })),
      ),
    },
    family("counter", "sluice_sink_retries_total", "Batches sent again", ({ retries }) => retries),
    family(
      "gauge",
      "sluice_sink_queued_entries",
      "Entries not delivered yet",
      ({ queued }) => queued,
    ),
    family(
      "gauge",
      "sluice_sink_queued_bytes",
      "Bytes not delivered yet",
      ({ queuedBytes }) => queuedBytes,
    ),
  ];
}
