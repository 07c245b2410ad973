// How trace contexts are written in headers: one reader and one writer for each format (Kong's names of them).
import { sampledOf, shortened } from "./format.ts";
import type { Format } from "./format.ts";
import { NO_SPAN } from "./ids.ts";
import { decimalOf, idOf, idOfDecimal } from "./trace-context.ts";
import { w3c } from "./w3c.ts";

export const FORMAT_NAMES = [
  "w3c",
  "b3",
  "b3-single",
  "jaeger",
  "ot",
  "datadog",
  "aws",
  "gcp",
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** https://github.com/openzipkin/b3-propagation, several headers. */
const b3: Format = {
  headers: ["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"],
  extract(request) {
    const flags = request.header("x-b3-flags");
    const sampled = request.header("x-b3-sampled");
    const isSampled = flags === "1" ? true : sampledOf(sampled);
    const traceId = idOf(request.header("x-b3-traceid"), 32);
    const spanId = idOf(request.header("x-b3-spanid"), 16);
    if (traceId !== undefined && spanId !== undefined) return { traceId, spanId, isSampled };
    return isSampled === undefined ? undefined : { traceId: undefined, isSampled };
  },
  inject(request, context, came) {
    if (came.includes("x-b3-flags")) request.removeHeader("x-b3-flags");
    request.setHeaders([
      "x-b3-traceid",
      shortened(context),
      "x-b3-spanid",
      context.spanId,
      "x-b3-parentspanid",
      context.parentId,
      "x-b3-sampled",
      context.isSampled ? "1" : "0",
    ]);
  },
};

/** The same in one header. */
const b3Single: Format = {
  headers: ["b3"],
  extract(request) {
    const value = request.header("b3") ?? "";
    if (/^[01d]$/.test(value)) return { traceId: undefined, isSampled: value !== "0" };
    const [trace, span, sampled] = value.split("-");
    const traceId = idOf(trace, 32);
    const spanId = idOf(span, 16);
    if (traceId === undefined || spanId === undefined) return undefined;
    return { traceId, spanId, isSampled: sampledOf(sampled) };
  },
  inject(request, context) {
    const { spanId, parentId, isSampled } = context;
    const sampled = isSampled ? "1" : "0";
    request.setHeader("b3", `${shortened(context)}-${spanId}-${sampled}-${parentId}`);
  },
};

/** https://www.jaegertracing.io/docs/client-libraries/#propagation-format */
const jaeger: Format = {
  headers: ["uber-trace-id"],
  extract(request) {
    const value = request.header("uber-trace-id")?.replaceAll("%3A", ":").replaceAll("%3a", ":");
    const [trace, span, , flags = ""] = value?.split(":") ?? [];
    const traceId = idOf(trace, 32);
    const spanId = idOf(span, 16);
    if (traceId === undefined || spanId === undefined || !/^[0-9a-f]{1,2}$/i.test(flags)) {
      return undefined;
    }
    return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
  },
  inject(request, context) {
    const { spanId, parentId, isSampled } = context;
    const flags = isSampled ? "01" : "00";
    request.setHeader("uber-trace-id", `${shortened(context)}:${spanId}:${parentId}:${flags}`);
  },
};

/** OpenTracing's basic tracers. */
const ot: Format = {
  headers: ["ot-tracer-traceid", "ot-tracer-spanid", "ot-tracer-sampled"],
  extract(request) {
    const traceId = idOf(request.header("ot-tracer-traceid"), 32);
    const spanId = idOf(request.header("ot-tracer-spanid"), 16);
    if (traceId === undefined || spanId === undefined) return undefined;
    return { traceId, spanId, isSampled: sampledOf(request.header("ot-tracer-sampled")) };
  },
  inject(request, context) {
    request.setHeaders([
      "ot-tracer-traceid",
      shortened(context),
      "ot-tracer-spanid",
      context.spanId,
      "ot-tracer-sampled",
      context.isSampled ? "1" : "0",
    ]);
  },
};

/** Decimal ids of 64 bits; the higher half of the trace id in a tag of its own. */
const datadog: Format = {
  headers: [
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-tags",
  ],
  extract(request) {
    const low = idOfDecimal(request.header("x-datadog-trace-id"));
    if (low === undefined) return undefined;
    const [, high = NO_SPAN] =
      /(?:^|,)_dd\.p\.tid=([0-9a-f]{16})(?:,|$)/.exec(request.header("x-datadog-tags") ?? "") ?? [];
    const priority = request.header("x-datadog-sampling-priority");
    return {
      traceId: high + low,
      spanId: idOfDecimal(request.header("x-datadog-parent-id")),
      isSampled:
        priority !== undefined && /^-?\d$/.test(priority) ? Number(priority) > 0 : undefined,
    };
  },
  inject(request, { traceId, spanId, isSampled }, came) {
    const high = traceId.slice(0, 16);
    const headers = [
      "x-datadog-trace-id",
      decimalOf(traceId.slice(16)),
      "x-datadog-parent-id",
      decimalOf(spanId),
      "x-datadog-sampling-priority",
      isSampled ? "1" : "0",
    ];
    if (high !== NO_SPAN) headers.push("x-datadog-tags", `_dd.p.tid=${high}`);
    else if (came.includes("x-datadog-tags")) request.removeHeader("x-datadog-tags");
    request.setHeaders(headers);
  },
};

/** X-Ray: Root=1-SECONDS-REST;Parent=SPAN;Sampled=1 */
const aws: Format = {
  headers: ["x-amzn-trace-id"],
  extract(request) {
    const fields = new Map(
      (request.header("x-amzn-trace-id") ?? "").split(";").map((part) => {
        const at = part.indexOf("=");
        return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
      }),
    );
    const [, seconds, rest] =
      /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(fields.get("root") ?? "") ?? [];
    const traceId = seconds === undefined ? undefined : idOf(`${seconds}${rest}`, 32);
    if (traceId === undefined) return undefined;
    const spanId = idOf(fields.get("parent"), 16);
    return { traceId, spanId, isSampled: sampledOf(fields.get("sampled")) };
  },
  inject(request, { traceId, spanId, isSampled }) {
    const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
    const sampled = isSampled ? "1" : "0";
    request.setHeader("x-amzn-trace-id", `Root=${root};Parent=${spanId};Sampled=${sampled}`);
  },
};

/** X-Cloud-Trace-Context: TRACE/SPAN;o=1, the span in decimal. */
const gcp: Format = {
  headers: ["x-cloud-trace-context"],
  extract(request) {
    const [, trace, span, , flag] =
      /^([0-9a-f]{32})(?:\/(\d{1,20}))?(;o=([0-3]))?$/i.exec(
        request.header("x-cloud-trace-context") ?? "",
      ) ?? [];
    const traceId = idOf(trace, 32);
    if (traceId === undefined) return undefined;
    const isSampled = flag === undefined ? undefined : (Number(flag) & 1) === 1;
    return { traceId, spanId: idOfDecimal(span), isSampled };
  },
  inject(request, { traceId, spanId, isSampled }) {
    const value = `${traceId}/${decimalOf(spanId)};o=${isSampled ? "1" : "0"}`;
    request.setHeader("x-cloud-trace-context", value);
  },
};

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  w3c,
  b3,
  "b3-single": b3Single,
  jaeger,
  ot,
  datadog,
  aws,
  gcp,
};
