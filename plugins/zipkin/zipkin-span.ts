// Spans as Zipkin's API v2 takes them, in JSON: https://zipkin.io/zipkin-api/
import type { FinishedSpan } from "../parts/tracing/spans.ts";

const KINDS = { server: "SERVER", client: "CLIENT", internal: undefined } as const;

export interface ZipkinOptions {
  readonly localServiceName: string;
  /** What the upstream is called. */
  readonly remoteServiceName: string | undefined;
  /** On the request's own span. */
  readonly tags: Readonly<Record<string, string>>;
}

export function zipkinSpan(span: FinishedSpan, options: ZipkinOptions): string {
  const { localServiceName, tags } = options;
  const attributes = Object.entries(span.attributes).map(([name, value]) => [name, String(value)]);
  return JSON.stringify({
    traceId: span.traceId.startsWith("0".repeat(16)) ? span.traceId.slice(16) : span.traceId,
    id: span.spanId,
    parentId: span.parentId,
    kind: KINDS[span.kind],
    name: span.name,
    // Whole µs; a span of none is one of one.
    timestamp: Number(span.startNs / 1000n),
    duration: Math.max(1, Number((span.endNs - span.startNs) / 1000n)),
    localEndpoint: { serviceName: localServiceName },
    remoteEndpoint: remoteEndpoint(span, options),
    tags: {
      ...Object.fromEntries(attributes),
      ...(span.isError && { error: "true" }),
      ...(span.kind === "server" && tags),
    },
  });
}

function remoteEndpoint(
  { peer, kind }: FinishedSpan,
  { remoteServiceName }: ZipkinOptions,
): object | undefined {
  const isNamed = kind === "client" && remoteServiceName !== undefined;
  return (
    peer && {
      ...addressOf(peer.host),
      port: peer.port,
      ...(isNamed && { serviceName: remoteServiceName }),
    }
  );
}

/** Zipkin has no place for the name of a host. */
function addressOf(host: string): { ipv4?: string; ipv6?: string; serviceName?: string } {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return { ipv4: host };
  return host.includes(":") ? { ipv6: host } : { serviceName: host };
}
