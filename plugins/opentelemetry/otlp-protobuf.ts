// Spans as OTLP's protobuf has them. A request of several batches is one after the other: its only field is repeated.
import type { AttributeValue, FinishedSpan } from "../parts/tracing/spans.ts";
import { SCOPE, SPAN_KINDS, STATUS_ERROR } from "./otlp-json.ts";
import type { Attributes } from "./otlp-json.ts";
import { MessageWriter } from "./protobuf-writer.ts";

/** An ExportTraceServiceRequest with one ResourceSpans. Field numbers are those of trace.proto and common.proto. */
export function exportRequest(resource: Attributes, spans: readonly FinishedSpan[]): Uint8Array {
  return new MessageWriter()
    .message(1, (resourceSpans) => {
      resourceSpans.message(1, (message) => writeAttributes(message, 1, resource));
      resourceSpans.message(2, (scopeSpans) => {
        scopeSpans.message(1, (scope) => scope.text(1, SCOPE));
        for (const span of spans) scopeSpans.message(2, (message) => writeSpan(message, span));
      });
    })
    .finish();
}

function writeSpan(message: MessageWriter, span: FinishedSpan): void {
  message.bytes(1, bytesOf(span.traceId)).bytes(2, bytesOf(span.spanId));
  if (span.parentId !== undefined) message.bytes(4, bytesOf(span.parentId));
  message
    .text(5, span.name)
    .varint(6, SPAN_KINDS[span.kind])
    .fixed64(7, span.startNs)
    .fixed64(8, span.endNs);
  writeAttributes(message, 9, span.attributes);
  if (span.isError) message.message(15, (status) => status.varint(3, STATUS_ERROR));
}

function writeAttributes(message: MessageWriter, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    message.message(field, (keyValue) => {
      keyValue.text(1, key).message(2, (anyValue) => writeValue(anyValue, value));
    });
  }
}

function writeValue(message: MessageWriter, value: AttributeValue): void {
  if (typeof value === "string") message.text(1, value);
  else if (typeof value === "boolean") message.varint(2, value ? 1 : 0);
  else if (Number.isSafeInteger(value)) message.varint(3, value);
  else message.double(4, value);
}

function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}
