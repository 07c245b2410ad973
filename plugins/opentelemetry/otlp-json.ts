// Spans as OTLP's JSON has them: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import type { AttributeValue, FinishedSpan } from "../parts/tracing/spans.ts";

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Numbers of SpanKind and StatusCode in trace.proto. */
export const SPAN_KINDS = { internal: 1, server: 2, client: 3 } as const;
export const STATUS_ERROR = 2;

export const SCOPE = "sluice";

/** Gives an entry for the sink. */
export type SpansWriter<Entry> = (spans: readonly FinishedSpan[]) => Entry;

/** Writes one ResourceSpans, an element of `resourceSpans`. */
export function jsonWriter(resource: Attributes): SpansWriter<string> {
  const resourceText = JSON.stringify({ attributes: keyValues(resource) });
  const scopeText = JSON.stringify({ name: SCOPE });
  return (spans) =>
    `{"resource":${resourceText},"scopeSpans":[{"scope":${scopeText},"spans":${JSON.stringify(spans.map(spanJson))}}]}`;
}

function spanJson(span: FinishedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId !== undefined && { parentSpanId: span.parentId }),
    name: span.name,
    kind: SPAN_KINDS[span.kind],
    // 64 bits are strings there.
    startTimeUnixNano: span.startNs.toString(),
    endTimeUnixNano: span.endNs.toString(),
    attributes: keyValues(span.attributes),
    ...(span.isError && { status: { code: STATUS_ERROR } }),
  };
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
