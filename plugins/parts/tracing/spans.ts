// The spans of a request that is over: its own, those of its way to the upstream, and those that plugins measured.
import type { LogContext } from "@sluice/plugin-sdk";

import { newId } from "./ids.ts";

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
  readonly tries?: readonly Try[];
  readonly upstream_status?: string | number;
}

interface Try {
  readonly ip: string;
  readonly port: number;
  /** ms since 1970. */
  readonly balancer_start: number;
  readonly state?: string;
  readonly code?: number;
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
  const spans = [serverSpan(request, path)];
  addUpstreamSpans(spans, request);
  addPluginSpans(spans, request);
  return { spans, path };
}

interface RequestTrace {
  readonly ctx: LogContext;
  readonly record: LogRecord;
  readonly ids: SpanIds;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/**
 * Attributes: https://opentelemetry.io/docs/specs/semconv/http/http-spans/. What is asked of the gateway is asked once:
 * each answer takes as long as all the rest of an attribute.
 */
function serverSpan(
  { ctx, record, ids, startNs, endNs }: RequestTrace,
  path: string,
): FinishedSpan {
  const { request, client, measured } = ctx;
  const { method } = record.request;
  const { status } = ctx.response;
  const address = client.address;
  const isError = status >= 500;
  const routeName = ctx.route?.name;
  const serviceName = ctx.service?.name;
  const consumer = ctx.consumers.current;
  const attributes: Record<string, AttributeValue> = {
    "http.request.method": method,
    "url.path": path,
    "url.scheme": request.scheme,
    "server.address": request.host,
    "client.address": address,
    "network.protocol.version": request.httpVersion,
    "http.response.status_code": status,
    "http.request.size": measured.requestBytes,
    "http.response.size": measured.responseBytes,
    "sluice.request.id": request.id,
  };
  if (isError) attributes["error.type"] = String(status);
  if (routeName !== undefined) attributes["sluice.route"] = routeName;
  if (serviceName !== undefined) attributes["sluice.service"] = serviceName;
  if (consumer !== undefined) attributes["sluice.consumer"] = consumer.username ?? consumer.id;
  return {
    traceId: ids.traceId,
    spanId: ids.serverId,
    parentId: ids.parentId,
    // Of few values, as names of spans must be.
    name: routeName === undefined ? method : `${method} ${routeName}`,
    kind: "server",
    startNs,
    endNs,
    isError,
    attributes,
    peer: { host: address, port: client.port },
  };
}

/** One for the way to the upstream, which its headers name, and, of several tries, one for each below it. */
function addUpstreamSpans(
  spans: FinishedSpan[],
  { ctx, record, ids, startNs, endNs }: RequestTrace,
): void {
  const { tries = [], request, upstream_status: status } = record;
  const first = tries[0];
  const last = tries.at(-1);
  if (first === undefined || last === undefined) return;
  // Whole milliseconds, which may be before the request's own start.
  const beginOf = ({ balancer_start: beginMs }: Try): bigint => {
    const beginNs = nsOf(beginMs);
    return beginNs < startNs ? startNs : beginNs;
  };
  const answered = ctx.measured.answeredBy === "upstream";
  const attributes: Record<string, AttributeValue> = {
    "http.request.method": request.method,
    "server.address": last.ip,
    "server.port": last.port,
  };
  if (answered && status !== undefined) attributes["http.response.status_code"] = Number(status);
  if (tries.length > 1) attributes["http.request.resend_count"] = tries.length - 1;
  spans.push({
    traceId: ids.traceId,
    spanId: ids.clientId,
    parentId: ids.serverId,
    name: `${request.method} upstream`,
    kind: "client",
    startNs: beginOf(first),
    endNs,
    isError: !answered || Number(status) >= 500,
    attributes,
    peer: { host: last.ip, port: last.port },
  });
  if (tries.length === 1) return;
  for (const [index, attempt] of tries.entries()) {
    const next = tries[index + 1];
    spans.push({
      traceId: ids.traceId,
      spanId: newId(16),
      parentId: ids.clientId,
      name: `try ${index + 1}`,
      kind: "client",
      startNs: beginOf(attempt),
      endNs: next === undefined ? endNs : beginOf(next),
      isError: attempt.state !== undefined,
      attributes: {
        "server.address": attempt.ip,
        "server.port": attempt.port,
        ...(attempt.code !== undefined && { "http.response.status_code": attempt.code }),
        ...(index > 0 && { "http.request.resend_count": index }),
      },
      peer: { host: attempt.ip, port: attempt.port },
    });
  }
}

/** What plugins measured, below the request: the gateway's own trace of it has other ids. */
function addPluginSpans(spans: FinishedSpan[], { ctx, ids, endNs }: RequestTrace): void {
  const trace = ctx.trace.record();
  for (const span of trace.spans) {
    spans.push({
      traceId: ids.traceId,
      spanId: span.span_id,
      parentId: span.parent_id === trace.span_id ? ids.serverId : span.parent_id,
      name: span.name,
      kind: "internal",
      startNs: BigInt(span.start_ns),
      endNs: span.end_ns === null ? endNs : BigInt(span.end_ns),
      isError: span.is_error,
      attributes: { "sluice.plugin": span.plugin, ...span.attributes },
      peer: undefined,
    });
  }
}

/** µs are what the clock gives. */
function nsOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
