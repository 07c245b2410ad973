// Traces as a Datadog agent takes them, /v0.3/traces in JSON. Its ids are numbers of 64 bits, more than JavaScript's hold.
import { decimalOf } from "../parts/tracing/trace-context.ts";
import type { FinishedSpan } from "../parts/tracing/spans.ts";

const TYPES = { server: "web", client: "http", internal: "custom" } as const;

export interface DatadogOptions {
  readonly service: string;
  /** Spans of the way to the upstream belong to this service. */
  readonly upstreamService: string;
  readonly environment: string | undefined;
}

/** An array of the trace's spans. */
export function datadogTrace(spans: readonly FinishedSpan[], options: DatadogOptions): string {
  return `[${spans.map((span) => spanText(span, options)).join(",")}]`;
}

function spanText(span: FinishedSpan, options: DatadogOptions): string {
  const { service, upstreamService, environment } = options;
  const path = span.attributes["url.path"];
  const method = span.attributes["http.request.method"];
  const isWebRequest = span.kind === "server" && path !== undefined;
  const high = span.traceId.slice(0, 16);
  const meta: Record<string, string> = {
    "span.kind": span.kind,
    ...(environment !== undefined && { env: environment }),
    ...(!/^0+$/.test(high) && { "_dd.p.tid": high }),
  };
  for (const [name, value] of Object.entries(span.attributes)) meta[name] = String(value);
  const rest = JSON.stringify({
    name: `sluice.${span.kind === "server" ? "request" : span.kind}`,
    service: span.kind === "client" ? upstreamService : service,
    // Paths are many; the agent's own obfuscation does not shorten them.
    resource: isWebRequest ? span.name : String(method ?? span.name),
    type: TYPES[span.kind],
    error: span.isError ? 1 : 0,
    meta,
    metrics: { _sampling_priority_v1: 1 },
  });
  const ids =
    `"trace_id":${decimalOf(span.traceId.slice(16))},"span_id":${decimalOf(span.spanId)},` +
    `"parent_id":${span.parentId === undefined ? 0 : decimalOf(span.parentId)},` +
    `"start":${span.startNs},"duration":${span.endNs - span.startNs}`;
  return `{${ids},${rest.slice(1)}`;
}
