// What is counted of one plugin.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { FetchOutcome } from "../outbound/fetch-outcome.ts";

export interface PluginStats extends InstanceStats {
  readonly calls: Record<Phase, number>;
  readonly errors: Record<Phase, number>;
  readonly milliseconds: Record<Phase, number>;
  /** Requests for which a decision was repeated without a call. */
  remembered: number;
  /** Of bodies, copied into instances' memories. */
  bodyBytes: number;
  /** Units: about as many simple instructions of WebAssembly. */
  fuel: number;
  /** That were one too many in their second. */
  logLinesDropped: number;
  /** What became of what it asked other servers. */
  readonly fetches: Map<FetchOutcome, number>;
}

/** What is counted of a plugin's instances. */
export interface InstanceStats {
  /** All versions of the plugin. */
  readonly live: Set<{ readonly memoryBytes: number }>;
  readonly ended: Record<EndReason, number>;
}

/** Why an instance ended: it broke, was replaced after many calls or because of its memory, was idle, was for one request, or nobody needed it. */
export const END_REASONS = ["crash", "calls", "memory", "idle", "request", "closed"] as const;
export type EndReason = (typeof END_REASONS)[number];

export function newPluginStats(): PluginStats {
  return {
    calls: newCounts(),
    errors: newCounts(),
    milliseconds: newCounts(),
    remembered: 0,
    bodyBytes: 0,
    fuel: 0,
    logLinesDropped: 0,
    fetches: new Map(),
    live: new Set(),
    ended: { crash: 0, calls: 0, memory: 0, idle: 0, request: 0, closed: 0 },
  };
}

function newCounts(): Record<Phase, number> {
  return { access: 0, request_body: 0, header_filter: 0, body_filter: 0, log: 0 };
}
