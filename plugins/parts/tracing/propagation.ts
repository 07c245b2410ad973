// Which trace headers a plugin reads, takes away and writes: Kong's `propagation`, and its older `header_type`.
import { s } from "@sluice/plugin-sdk";
import type { Infer, MutableRequest, ReadableFields } from "@sluice/plugin-sdk";

import { headerName } from "../header-names.ts";
import { FORMAT_NAMES, FORMATS } from "./formats.ts";
import type { Format } from "./format.ts";
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

type PropagationConfig = Infer<ReturnType<typeof propagationField>>;

export const HEADER_TYPES = ["preserve", "ignore", ...FORMAT_NAMES] as const;
export type HeaderType = (typeof HEADER_TYPES)[number];

/** What a config says, prepared once for all requests. */
export interface Propagation {
  readonly extract: readonly FormatName[];
  readonly clear: readonly string[];
  /** Written where nothing came in. */
  readonly defaultFormat: FormatName;
  /** What is written where this one came in. */
  readonly written: Readonly<Record<FormatName, readonly Format[]>>;
}

/** `type` is the older field, which says more than `inject` when a config has it. */
export function propagationOf(
  type: HeaderType | undefined,
  config: PropagationConfig,
): Propagation {
  const { clear, default_format: defaultFormat } = config;
  if (type === "ignore") {
    return { extract: [], clear, defaultFormat, written: writtenBy([defaultFormat]) };
  }
  const inject = type === undefined || type === "preserve" ? config.inject : [type];
  return { extract: config.extract, clear, defaultFormat, written: writtenBy(inject) };
}

function writtenBy(inject: PropagationConfig["inject"]): Propagation["written"] {
  const written = (came: FormatName): Format[] => {
    const names = new Set(inject.map((format) => (format === "preserve" ? came : format)));
    return [...names].map((name) => FORMATS[name]);
  };
  return {
    w3c: written("w3c"),
    b3: written("b3"),
    "b3-single": written("b3-single"),
    jaeger: written("jaeger"),
    ot: written("ot"),
    datadog: written("datadog"),
    aws: written("aws"),
    gcp: written("gcp"),
  };
}

const BAGGAGE = "baggage";

/** Which format each header belongs to. */
const FORMAT_OF: ReadonlyMap<string, FormatName | undefined> = new Map<
  string,
  FormatName | undefined
>([
  ...FORMAT_NAMES.flatMap((format) =>
    FORMATS[format].headers.map((name) => [name, format] as const),
  ),
  [BAGGAGE, undefined],
]);

/** What a request has of traces. */
export interface Incoming {
  /** Names of the headers that are a format's, and baggage. */
  readonly headers: readonly string[];
  /** The first whole context, or else the first decision alone; undefined where there is neither. */
  readonly found: Found | undefined;
}

export interface Found {
  readonly format: FormatName;
  readonly context: Extracted;
}

/** Of most requests. */
export const NOTHING: Incoming = { headers: [], found: undefined };

/** Takes one look at the names where there is {@link NOTHING}. */
export function extract(request: ReadableFields, propagation: Propagation): Incoming {
  const names = request.headerNames();
  let headers: string[] | undefined;
  // Indices here and below: QuickJS takes twice as long with iterators.
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? "";
    if (FORMAT_OF.has(name)) (headers ??= []).push(name);
  }
  return headers === undefined
    ? NOTHING
    : { headers, found: foundIn(request, headers, propagation) };
}

function foundIn(
  request: ReadableFields,
  headers: readonly string[],
  propagation: Propagation,
): Found | undefined {
  const came = headers.map((name) => FORMAT_OF.get(name));
  let decision: Found | undefined;
  for (const format of propagation.extract) {
    if (!came.includes(format)) continue;
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
  { clear, written, defaultFormat }: Propagation,
  { headers, found }: Incoming,
  context: OutgoingContext,
): void {
  for (let at = 0; at < clear.length; at++) request.removeHeader(clear[at] ?? "");
  const formats = written[found === undefined ? defaultFormat : found.format];
  if (found !== undefined && formats.length > 0 && !formats.includes(FORMATS[found.format])) {
    for (const name of headers) {
      if (FORMAT_OF.get(name) === found.format) request.removeHeader(name);
    }
  }
  for (let at = 0; at < formats.length; at++) formats[at]?.inject(request, context, headers);
}

const MAX_BAGGAGE_BYTES = 8192;
const MAX_BAGGAGE_MEMBERS = 64;

/** Baggage goes on as it is; more than W3C Baggage §3.3.2 allows does not go on at all (L3). */
export function limitBaggage(request: MutableRequest, { headers }: Incoming): void {
  if (!headers.includes(BAGGAGE)) return;
  const lines = request.headers(BAGGAGE);
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, -1);
  const members = lines.reduce((sum, line) => sum + line.split(",").length, 0);
  if (bytes > MAX_BAGGAGE_BYTES || members > MAX_BAGGAGE_MEMBERS) request.removeHeader(BAGGAGE);
}
