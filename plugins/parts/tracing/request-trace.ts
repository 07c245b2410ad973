// The trace of one request, from the first handler of a tracing plugin to its last: ids and decision when it begins, all
// of its spans when it is over.
import type { LogContext, RequestContext } from "@sluice/plugin-sdk";

import { extract, inject, limitBaggage } from "./propagation.ts";
import type { Found, Propagation } from "./propagation.ts";
import { isSampled } from "./sampling.ts";
import type { SamplingStrategy } from "./sampling.ts";
import { spansOf } from "./spans.ts";
import type { EndedTrace, SpanIds } from "./spans.ts";
import { newId, newSpanIds } from "./trace-context.ts";

export interface TracingSettings {
  readonly propagation: Propagation;
  readonly samplingStrategy: SamplingStrategy;
  /** From 0 to 1. */
  readonly sampleRatio: number;
  /** Of new trace ids: 32 digits, or 16 with zeros before them. */
  readonly traceIdDigits: 16 | 32;
  /** The client gets the trace id in it. */
  readonly responseHeader: string | undefined;
}

interface SamplingFields {
  readonly sampling_strategy: SamplingStrategy;
  readonly sampling_rate: number;
  readonly http_response_header_for_traceid?: string | undefined;
}

/** Of plugins with Kong's fields of opentelemetry. */
export function tracingOf(config: SamplingFields, propagation: Propagation): TracingSettings {
  return {
    propagation,
    samplingStrategy: config.sampling_strategy,
    sampleRatio: config.sampling_rate,
    traceIdDigits: 32,
    responseHeader: config.http_response_header_for_traceid,
  };
}

/** Reads, decides, and writes the headers that the upstream gets. */
export function beginTrace(ctx: RequestContext, settings: TracingSettings): void {
  const { request } = ctx;
  limitBaggage(request);
  const found = extract(request, settings.propagation);
  const { ids, isSampled: sampled, isShort } = decide(found, settings);
  inject(request, settings.propagation, found?.format, {
    traceId: ids.traceId,
    spanId: ids.clientId,
    parentId: ids.serverId,
    isSampled: sampled,
    state: stateOf(found),
    isShort: isShort || isShortInFormat(found),
  });
  if (settings.responseHeader !== undefined) {
    ctx.response.setHeader(settings.responseHeader, isShort ? ids.traceId.slice(16) : ids.traceId);
  }
  if (sampled) ctx.shared.set(keyOf(ctx.plugin.id), ids);
}

interface Decision {
  readonly ids: SpanIds;
  readonly isSampled: boolean;
  /** The trace is a new one, with an id of 16 digits. */
  readonly isShort: boolean;
}

function decide(found: Found | undefined, settings: TracingSettings): Decision {
  const parent = found?.context;
  const isNew = parent?.traceId === undefined;
  const isShort = isNew && settings.traceIdDigits === 16;
  const [serverId, clientId] = newSpanIds();
  return {
    isSampled: isSampled({
      parent: parent?.isSampled,
      strategy: settings.samplingStrategy,
      ratio: settings.sampleRatio,
      chance: Math.random(),
    }),
    isShort,
    ids: {
      traceId: parent?.traceId ?? (isShort ? newId(16).padStart(32, "0") : newId(32)),
      parentId: isNew ? undefined : parent?.spanId,
      serverId,
      clientId,
    },
  };
}

function stateOf(found: Found | undefined): string | undefined {
  return found?.context.traceId === undefined ? undefined : found.context.state;
}

/** Tracers with ids of 64 bits may not read longer ones. */
function isShortInFormat(found: Found | undefined): boolean {
  if (found?.context.traceId === undefined || found.format === "w3c") return false;
  return found.context.traceId.startsWith("0".repeat(16));
}

function keyOf(entryId: string): string {
  return `tracing:${entryId}`;
}

/** All spans, the request's own first; undefined for a request that is not sampled. */
export function endTrace(ctx: LogContext, settings: TracingSettings): EndedTrace | undefined {
  // What beginTrace of this entry has set.
  const begun = ctx.shared.get(keyOf(ctx.plugin.id)) as SpanIds | undefined;
  const ids = begun ?? neverBegun(ctx, settings);
  return ids && spansOf(ctx, ids);
}

/** Who is refused by a plugin that runs earlier is traced, too. If the trace was begun, the headers say that it is not sampled. */
function neverBegun(ctx: LogContext, settings: TracingSettings): SpanIds | undefined {
  if (ctx.measured.answeredBy === "upstream") return undefined;
  const { ids, isSampled: sampled } = decide(extract(ctx.request, settings.propagation), settings);
  return sampled ? ids : undefined;
}
