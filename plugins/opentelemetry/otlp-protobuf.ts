// Spans as OTLP's protobuf has them. A request of several batches is one after the other: its only field is repeated.
import type { AttributeValue, FinishedSpan } from "../parts/tracing/spans.ts";
import { SCOPE, SPAN_KINDS, STATUS_ERROR } from "./otlp-json.ts";
import type { Attributes, SpansWriter } from "./otlp-json.ts";
import {
  bytesField,
  bytesOf,
  doubleField,
  fixed64Field,
  textField,
  varintField,
} from "./protobuf.ts";

const SCOPE_FIELD = bytesField(1, textField(1, SCOPE));
const STATUS_FIELD = bytesField(15, varintField(3, STATUS_ERROR));

/** Writes an ExportTraceServiceRequest with one ResourceSpans. Field numbers are those of trace.proto and common.proto. */
export function protobufWriter(resource: Attributes): SpansWriter<Uint8Array> {
  const resourceField = bytesField(1, attributeFields(1, resource));
  return (spans) => {
    let scopeSpans = SCOPE_FIELD;
    for (const span of spans) scopeSpans += bytesField(2, spanFields(span));
    return bytesOf(bytesField(1, resourceField + bytesField(2, scopeSpans)));
  };
}

function spanFields(span: FinishedSpan): string {
  return (
    bytesField(1, span.traceId) +
    bytesField(2, span.spanId) +
    (span.parentId === undefined ? "" : bytesField(4, span.parentId)) +
    textField(5, span.name) +
    varintField(6, SPAN_KINDS[span.kind]) +
    fixed64Field(7, span.startNs) +
    fixed64Field(8, span.endNs) +
    attributeFields(9, span.attributes) +
    (span.isError ? STATUS_FIELD : "")
  );
}

function attributeFields(field: number, attributes: Attributes): string {
  let fields = "";
  // No entries: QuickJS would make an array for each.
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) fields += bytesField(field, keyValueFields(key, value));
  }
  return fields;
}

interface KeyValue {
  readonly keyField: string;
  value: AttributeValue;
  fields: string;
}

/** Of names that a plugin makes up there might be any number. */
const MAX_KEYS = 256;
/** As they were last: most attributes have the same value again. */
const keyValues = new Map<string, KeyValue>();

function keyValueFields(key: string, value: AttributeValue): string {
  const last = keyValues.get(key);
  if (last !== undefined && last.value === value) return last.fields;
  const keyField = last === undefined ? textField(1, key) : last.keyField;
  const fields = keyField + bytesField(2, valueField(value));
  if (last !== undefined) {
    last.value = value;
    last.fields = fields;
  } else if (keyValues.size < MAX_KEYS) keyValues.set(key, { keyField, value, fields });
  return fields;
}

function valueField(value: AttributeValue): string {
  if (typeof value === "string") return textField(1, value);
  if (typeof value === "boolean") return varintField(2, value ? 1 : 0);
  return Number.isSafeInteger(value) ? varintField(3, value) : doubleField(4, value);
}
