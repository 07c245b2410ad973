// The trace of one request, from the first handler of a tracing plugin to its last: ids and decision when it begins, all
// of its spans when it is over.
import type { LogContext, RequestContext, SpanRecord } from "@sluice/plugin-sdk";

import { extract, inject, limitBaggage } from "./propagation.ts";
import type { Found, Propagation } from "./propagation.ts";
import { isSampled } from "./sampling.ts";
import type { SamplingStrategy } from "./sampling.ts";
import { newId } from "./trace-context.ts";

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

/** What is kept of a sampled request until it is over. */
interface Kept {
  readonly traceId: string;
  readonly parentId: string | undefined;
  /** Of the request in the gateway, and of its way to the upstream. */
  readonly serverId: string;
  readonly clientId: string;
}

/** Reads, decides, and writes the headers that the upstream gets. */
export function beginTrace(ctx: RequestContext, settings: TracingSettings): void {
  const { request } = ctx;
  limitBaggage(request);
  const found = extract(request, settings.propagation);
  const { kept, isSampled: sampled, isShort } = decide(found, settings);
  inject(request, settings.propagation, found?.format, {
    traceId: kept.traceId,
    spanId: kept.clientId,
    parentId: kept.serverId,
    isSampled: sampled,
    state: stateOf(found),
    isShort: isShort || isShortInFormat(found),
  });
  if (settings.responseHeader !== undefined) {
    ctx.response.setHeader(
      settings.responseHeader,
      isShort ? kept.traceId.slice(16) : kept.traceId,
    );
  }
  if (sampled) ctx.shared.set(keyOf(ctx.plugin.id), kept);
}

interface Decision {
  readonly kept: Kept;
  readonly isSampled: boolean;
  /** The trace is a new one, with an id of 16 digits. */
  readonly isShort: boolean;
}

function decide(found: Found | undefined, settings: TracingSettings): Decision {
  const parent = found?.context;
  const isNew = parent?.traceId === undefined;
  const isShort = isNew && settings.traceIdDigits === 16;
  const { samplingStrategy, sampleRatio } = settings;
  return {
    isSampled: isSampled(parent?.isSampled, samplingStrategy, sampleRatio, Math.random()),
    isShort,
    kept: {
      traceId: parent?.traceId ?? (isShort ? newId(16).padStart(32, "0") : newId(32)),
      parentId: isNew ? undefined : parent?.spanId,
      serverId: newId(16),
      clientId: newId(16),
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

export type SpanKind = "server" | "client" | "internal";
export type AttributeValue = string | number | boolean;

export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** ns since 1970. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Of a client's span: where it went. */
  readonly peer: { readonly host: string; readonly port: number } | undefined;
}

/** What a log record says that spans need; the gateway writes it (ABI.md). */
interface LogRecord {
  readonly request: { readonly uri: string; readonly method: string };
  readonly tries: readonly {
    readonly ip: string;
    readonly port: number;
    /** ms since 1970. */
    readonly balancer_start: number;
    readonly state?: string;
    readonly code?: number;
  }[];
  readonly upstream_status?: string | number;
}

export interface EndedTrace {
  readonly spans: readonly FinishedSpan[];
  /** The path without its query, which may have credentials. */
  readonly path: string;
}

/** All spans, the request's own first; undefined for a request that is not sampled. */
export function endTrace(ctx: LogContext, settings: TracingSettings): EndedTrace | undefined {
  // What beginTrace of this entry has set.
  const begun = ctx.shared.get(keyOf(ctx.plugin.id)) as Kept | undefined;
  const kept = begun ?? neverBegun(ctx, settings);
  if (kept === undefined) return undefined;
  const record = JSON.parse(ctx.record()) as LogRecord;
  const startMs = ctx.request.startedAtMs;
  const endMs = startMs + ctx.measured.requestMs;
  const path = record.request.uri.split("?", 1)[0] ?? "";
  const server: FinishedSpan = {
    traceId: kept.traceId,
    spanId: kept.serverId,
    parentId: kept.parentId,
    name: nameOf(ctx, record),
    kind: "server",
    startNs: nsOf(startMs),
    endNs: nsOf(endMs),
    isError: ctx.response.status >= 500,
    attributes: serverAttributes(ctx, record, path),
    peer: { host: ctx.client.address, port: ctx.client.port },
  };
  return {
    spans: [server, ...upstreamSpans(ctx, record, kept, server), ...pluginSpans(ctx, kept, server)],
    path,
  };
}

/** Who is refused by a plugin that runs earlier is traced, too. If the trace was begun, the headers say that it is not sampled. */
function neverBegun(ctx: LogContext, settings: TracingSettings): Kept | undefined {
  if (ctx.measured.answeredBy === "upstream") return undefined;
  const { kept, isSampled: sampled } = decide(extract(ctx.request, settings.propagation), settings);
  return sampled ? kept : undefined;
}

/** Of few values, as names of spans must be. */
function nameOf({ route }: LogContext, { request }: LogRecord): string {
  const name = route?.name;
  return name === undefined ? request.method : `${request.method} ${name}`;
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function serverAttributes(
  ctx: LogContext,
  { request }: LogRecord,
  path: string,
): Record<string, AttributeValue> {
  const { client, measured, response, route, service, consumers } = ctx;
  const consumer = consumers.current;
  return {
    "http.request.method": request.method,
    "url.path": path,
    "url.scheme": ctx.request.scheme,
    "server.address": ctx.request.host,
    "client.address": client.address,
    "network.protocol.version": ctx.request.httpVersion,
    "http.response.status_code": response.status,
    "http.request.size": measured.requestBytes,
    "http.response.size": measured.responseBytes,
    "sluice.request.id": ctx.request.id,
    ...(response.status >= 500 && { "error.type": String(response.status) }),
    ...(route?.name !== undefined && { "sluice.route": route.name }),
    ...(service?.name !== undefined && { "sluice.service": service.name }),
    ...(consumer && { "sluice.consumer": consumer.username ?? consumer.id }),
  };
}

/** One for the way to the upstream, which its headers name, and, of several tries, one for each below it. */
function upstreamSpans(
  ctx: LogContext,
  { tries, request, upstream_status: status }: LogRecord,
  kept: Kept,
  server: FinishedSpan,
): FinishedSpan[] {
  const [first] = tries;
  const last = tries.at(-1);
  if (first === undefined || last === undefined) return [];
  // Whole milliseconds, which may be before the request's own start.
  const begins = tries.map((each) => {
    const beginNs = nsOf(each.balancer_start);
    return beginNs < server.startNs ? server.startNs : beginNs;
  });
  const common = { traceId: kept.traceId, kind: "client" } as const;
  const answered = ctx.measured.answeredBy === "upstream";
  const way: FinishedSpan = {
    ...common,
    spanId: kept.clientId,
    parentId: kept.serverId,
    name: `${request.method} upstream`,
    startNs: begins[0] ?? server.startNs,
    endNs: server.endNs,
    isError: !answered || Number(status) >= 500,
    attributes: {
      "http.request.method": request.method,
      "server.address": last.ip,
      "server.port": last.port,
      ...(answered && status !== undefined && { "http.response.status_code": Number(status) }),
      ...(tries.length > 1 && { "http.request.resend_count": tries.length - 1 }),
    },
    peer: { host: last.ip, port: last.port },
  };
  if (tries.length === 1) return [way];
  const each = tries.map((attempt, index): FinishedSpan => ({
    ...common,
    spanId: newId(16),
    parentId: kept.clientId,
    name: `try ${index + 1}`,
    startNs: begins[index] ?? server.startNs,
    endNs: begins[index + 1] ?? server.endNs,
    isError: attempt.state !== undefined,
    attributes: {
      "server.address": attempt.ip,
      "server.port": attempt.port,
      ...(attempt.code !== undefined && { "http.response.status_code": attempt.code }),
      ...(index > 0 && { "http.request.resend_count": index }),
    },
    peer: { host: attempt.ip, port: attempt.port },
  }));
  return [way, ...each];
}

/** What plugins measured, below the request: the gateway's own trace of it has other ids. */
function pluginSpans(ctx: LogContext, kept: Kept, server: FinishedSpan): FinishedSpan[] {
  const trace = ctx.trace.record();
  const parentOf = ({ parent_id: parent }: SpanRecord): string =>
    parent === trace.span_id ? kept.serverId : parent;
  return trace.spans.map((span) => ({
    traceId: kept.traceId,
    spanId: span.span_id,
    parentId: parentOf(span),
    name: span.name,
    kind: "internal",
    startNs: BigInt(span.start_ns),
    endNs: span.end_ns === null ? server.endNs : BigInt(span.end_ns),
    isError: span.is_error,
    attributes: { "sluice.plugin": span.plugin, ...span.attributes },
    peer: undefined,
  }));
}

/** µs are what the clock gives. */
function nsOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
