// The spans of a request that is over: its own, those of its way to the upstream, and those that plugins measured.
import type { LogContext, SpanRecord } from "@sluice/plugin-sdk";

import { newId } from "./trace-context.ts";

/** Which trace a sampled request belongs to, from when it begins. */
export interface SpanIds {
  readonly traceId: string;
  readonly parentId: string | undefined;
  /** Of the request in the gateway, and of its way to the upstream. */
  readonly serverId: string;
  readonly clientId: string;
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
  /** The request's own first. */
  readonly spans: readonly FinishedSpan[];
  /** The path without its query, which may have credentials. */
  readonly path: string;
}

export function spansOf(ctx: LogContext, ids: SpanIds): EndedTrace {
  // The gateway's, which ABI.md describes.
  const record = JSON.parse(ctx.record()) as LogRecord;
  const path = record.request.uri.split("?", 1)[0] ?? "";
  const startMs = ctx.request.startedAtMs;
  const request: RequestTrace = {
    ctx,
    record,
    ids,
    startNs: nsOf(startMs),
    endNs: nsOf(startMs + ctx.measured.requestMs),
  };
  return {
    spans: [serverSpan(request, path), ...upstreamSpans(request), ...pluginSpans(request)],
    path,
  };
}

interface RequestTrace {
  readonly ctx: LogContext;
  readonly record: LogRecord;
  readonly ids: SpanIds;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

function serverSpan(
  { ctx, record, ids, startNs, endNs }: RequestTrace,
  path: string,
): FinishedSpan {
  return {
    traceId: ids.traceId,
    spanId: ids.serverId,
    parentId: ids.parentId,
    name: nameOf(ctx, record),
    kind: "server",
    startNs,
    endNs,
    isError: ctx.response.status >= 500,
    attributes: serverAttributes(ctx, record, path),
    peer: { host: ctx.client.address, port: ctx.client.port },
  };
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
function upstreamSpans({ ctx, record, ids, startNs, endNs }: RequestTrace): FinishedSpan[] {
  const { tries, request, upstream_status: status } = record;
  const [first] = tries;
  const last = tries.at(-1);
  if (first === undefined || last === undefined) return [];
  // Whole milliseconds, which may be before the request's own start.
  const begins = tries.map((each) => {
    const beginNs = nsOf(each.balancer_start);
    return beginNs < startNs ? startNs : beginNs;
  });
  const common = { traceId: ids.traceId, kind: "client" } as const;
  const answered = ctx.measured.answeredBy === "upstream";
  const way: FinishedSpan = {
    ...common,
    spanId: ids.clientId,
    parentId: ids.serverId,
    name: `${request.method} upstream`,
    startNs: begins[0] ?? startNs,
    endNs,
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
    parentId: ids.clientId,
    name: `try ${index + 1}`,
    startNs: begins[index] ?? startNs,
    endNs: begins[index + 1] ?? endNs,
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
function pluginSpans({ ctx, ids, endNs }: RequestTrace): FinishedSpan[] {
  const trace = ctx.trace.record();
  const parentOf = ({ parent_id: parent }: SpanRecord): string =>
    parent === trace.span_id ? ids.serverId : parent;
  return trace.spans.map((span) => ({
    traceId: ids.traceId,
    spanId: span.span_id,
    parentId: parentOf(span),
    name: span.name,
    kind: "internal",
    startNs: BigInt(span.start_ns),
    endNs: span.end_ns === null ? endNs : BigInt(span.end_ns),
    isError: span.is_error,
    attributes: { "sluice.plugin": span.plugin, ...span.attributes },
    peer: undefined,
  }));
}

/** µs are what the clock gives. */
function nsOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
