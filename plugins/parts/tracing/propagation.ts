// Which trace headers a plugin reads, takes away and writes: Kong's `propagation`, and its older `header_type`.
import { s } from "@sluice/plugin-sdk";
import type { Infer, MutableRequest, ReadableFields } from "@sluice/plugin-sdk";

import { headerName } from "../header-names.ts";
import { FORMAT_NAMES, FORMATS } from "./formats.ts";
import type { FormatName } from "./formats.ts";
import type { Extracted, OutgoingContext } from "./trace-context.ts";

/** `defaultFormat`: for requests that come without a trace. */
export function propagationField(defaultFormat: FormatName) {
  return s
    .object({
      extract: s
        .array(s.enum(FORMAT_NAMES))
        .default([...FORMAT_NAMES])
        .describe("The first of them that the request has, counts; an empty list believes nobody."),
      clear: s.array(headerName).default([]),
      inject: s
        .array(s.enum(["preserve", ...FORMAT_NAMES]))
        .default(["preserve"])
        .describe("preserve: the format that came in."),
      default_format: s.enum(FORMAT_NAMES).default(defaultFormat),
    })
    .default({});
}

export type Propagation = Infer<ReturnType<typeof propagationField>>;

export const HEADER_TYPES = ["preserve", "ignore", ...FORMAT_NAMES] as const;
export type HeaderType = (typeof HEADER_TYPES)[number];

/** What `header_type` stands for, when a config says that. */
export function propagationOf(type: HeaderType | undefined, given: Propagation): Propagation {
  if (type === undefined || type === "preserve") return given;
  if (type === "ignore") return { ...given, extract: [], inject: [given.default_format] };
  return { ...given, inject: [type] };
}

const TRACE_HEADERS: ReadonlySet<string> = new Set(
  FORMAT_NAMES.flatMap((format) => FORMATS[format].headers),
);

/** What came in, and in which format. */
export interface Found {
  readonly format: FormatName;
  readonly context: Extracted;
}

/** A whole context of any format counts more than a decision alone. */
export function extract(
  request: ReadableFields,
  { extract: formats }: Propagation,
): Found | undefined {
  // Most requests have none: to see that takes one look at their names.
  if (!request.headerNames().some((name) => TRACE_HEADERS.has(name))) return undefined;
  let decision: Found | undefined;
  for (const format of formats) {
    const context = FORMATS[format].extract(request);
    if (context === undefined) continue;
    if (context.traceId !== undefined) return { format, context };
    decision ??= { format, context };
  }
  return decision;
}

/** Headers of the found trace that are not written anew would name a span that is not the upstream's parent. */
export function inject(
  request: MutableRequest,
  propagation: Propagation,
  found: FormatName | undefined,
  context: OutgoingContext,
): void {
  for (const name of propagation.clear) request.removeHeader(name);
  const preserved = found ?? propagation.default_format;
  const written = new Set(
    propagation.inject.map((format) => (format === "preserve" ? preserved : format)),
  );
  if (found !== undefined && written.size > 0 && !written.has(found)) {
    for (const name of FORMATS[found].headers) request.removeHeader(name);
  }
  for (const format of written) FORMATS[format].inject(request, context);
}

const MAX_BAGGAGE_BYTES = 8192;
const MAX_BAGGAGE_MEMBERS = 64;

/** Baggage goes on as it is; more than W3C Baggage §3.3.2 allows does not go on at all (L3). */
export function limitBaggage(request: MutableRequest): void {
  const lines = request.headers("baggage");
  if (lines.length === 0) return;
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, -1);
  const members = lines.reduce((sum, line) => sum + line.split(",").length, 0);
  if (bytes > MAX_BAGGAGE_BYTES || members > MAX_BAGGAGE_MEMBERS) request.removeHeader("baggage");
}
