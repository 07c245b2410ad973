// The trace of one request, from the first handler of a tracing plugin to its last: ids and decision when it begins, all
// of its spans when it is over.
import type { LogContext, PluginEntry, RequestContext } from "@sluice/plugin-sdk";

import { newId, NO_SPAN } from "./ids.ts";
import { extract, inject, limitBaggage, NOTHING } from "./propagation.ts";
import type { Found, Propagation } from "./propagation.ts";
import { isSampled } from "./sampling.ts";
import type { Sampling, SamplingStrategy } from "./sampling.ts";
import { spansOf } from "./spans.ts";
import type { EndedTrace, SpanIds } from "./spans.ts";
import type { OutgoingContext } from "./trace-context.ts";

export interface TracingSettings {
  readonly propagation: Propagation;
  readonly sampling: Sampling;
  /** New trace ids have 16 digits, with zeros before them, instead of 32. */
  readonly isShort: boolean;
  /** The client gets the trace id in it. */
  readonly responseHeader: string | undefined;
  /** Where a sampled request keeps its ids until it is over. */
  readonly key: string;
}

interface SamplingFields {
  readonly sampling_strategy: SamplingStrategy;
  readonly sampling_rate: number;
  readonly http_response_header_for_traceid?: string | undefined;
}

/** Of plugins with Kong's fields of opentelemetry. */
export function tracingOf(
  config: SamplingFields,
  propagation: Propagation,
  entry: PluginEntry,
): TracingSettings {
  return {
    propagation,
    sampling: { strategy: config.sampling_strategy, ratio: config.sampling_rate },
    isShort: false,
    responseHeader: config.http_response_header_for_traceid,
    key: keyOf(entry),
  };
}

export function keyOf(entry: PluginEntry): string {
  return `tracing:${entry.id}`;
}

/** Reads, decides, and writes the headers that the upstream gets. */
export function beginTrace(ctx: RequestContext, settings: TracingSettings): void {
  const { request } = ctx;
  const incoming = extract(request, settings.propagation);
  const { found } = incoming;
  const context = contextOf(found, settings);
  if (incoming !== NOTHING) limitBaggage(request, incoming);
  inject(request, settings.propagation, incoming, context);
  if (settings.responseHeader !== undefined) {
    ctx.response.setHeader(settings.responseHeader, idForClient(found, context));
  }
  if (context.isSampled) ctx.shared.set(settings.key, idsOf(found, context));
}

function contextOf(found: Found | undefined, settings: TracingSettings): OutgoingContext {
  const parent = found?.context;
  const sampled = isSampled(parent?.isSampled, settings.sampling);
  if (found === undefined || parent?.traceId === undefined) {
    return newTrace(sampled, settings.isShort);
  }
  const { traceId, state } = parent;
  return {
    traceId,
    spanId: newId(16),
    parentId: newId(16),
    isSampled: sampled,
    state,
    // Tracers with ids of 64 bits may not read longer ones.
    isShort: found.format !== "w3c" && traceId.startsWith(NO_SPAN),
  };
}

function newTrace(sampled: boolean, isShort: boolean): OutgoingContext {
  return {
    traceId: isShort ? NO_SPAN + newId(16) : newId(32),
    spanId: newId(16),
    parentId: newId(16),
    isSampled: sampled,
    state: undefined,
    isShort,
  };
}

/** A new short one has 16 digits. */
function idForClient(found: Found | undefined, { traceId, isShort }: OutgoingContext): string {
  return isShort && found?.context.traceId === undefined ? traceId.slice(16) : traceId;
}

function idsOf(found: Found | undefined, { traceId, parentId, spanId }: OutgoingContext): SpanIds {
  const parent = found?.context;
  return {
    traceId,
    parentId: parent?.traceId === undefined ? undefined : parent.spanId,
    serverId: parentId,
    clientId: spanId,
  };
}

/** All spans, the request's own first; undefined for a request that is not sampled. */
export function endTrace(ctx: LogContext, settings: TracingSettings): EndedTrace | undefined {
  // What beginTrace of this entry has set.
  const begun = ctx.shared.get(settings.key) as SpanIds | undefined;
  const ids = begun ?? neverBegun(ctx, settings);
  return ids && spansOf(ctx, ids);
}

/** Who is refused by a plugin that runs earlier is traced, too. If the trace was begun, the headers say that it is not sampled. */
function neverBegun(ctx: LogContext, settings: TracingSettings): SpanIds | undefined {
  if (ctx.measured.answeredBy === "upstream") return undefined;
  const { found } = extract(ctx.request, settings.propagation);
  const context = contextOf(found, settings);
  return context.isSampled ? idsOf(found, context) : undefined;
}
