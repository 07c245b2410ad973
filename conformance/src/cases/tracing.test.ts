// zipkin, opentelemetry and datadog-trace: what they make of the headers that come, what goes upstream, and what collectors get.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { collectHttp } from "../harness/collectors.ts";
import type { HttpCollector } from "../harness/collectors.ts";
import { useGateway } from "../harness/fixture.ts";
import { ROOT } from "../harness/runtime.ts";
import { closedPort } from "../harness/upstream.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const PROTOS = join(process.env["CONFORMANCE_VECTORS"] ?? join(ROOT, "../shared/vectors"), "otlp");

const collector: HttpCollector = await collectHttp();

const used = useGateway(async ([port = 0]) => {
  const server = `http://127.0.0.1:${collector.port}`;
  const queue = { max_batch_size: 1 };
  const route = (name: string, plugin: string, config: object, more: object[] = []): object => ({
    name,
    paths: [`/${name}`],
    plugins: [{ name: plugin, config: { queue, ...config } }, ...more],
  });
  const otlp = { traces_endpoint: `${server}/otlp/v1/traces` };
  const zipkin = { http_endpoint: `${server}/zipkin/api/v2/spans`, sample_ratio: 1 };
  return {
    config: {
      _format_version: "3.0",
      upstreams: [
        {
          name: "two",
          targets: [
            { target: `127.0.0.1:${await closedPort()}`, weight: 1000 },
            { target: `127.0.0.1:${port}` },
          ],
        },
      ],
      services: [
        {
          name: "orders",
          url: `http://127.0.0.1:${port}`,
          routes: [
            route("zipkin", "zipkin", {
              ...zipkin,
              static_tags: [{ name: "env", value: "test" }],
              http_response_header_for_traceid: "X-Trace-Id",
            }),
            route("never", "zipkin", { ...zipkin, sample_ratio: 0 }),
            route("json", "opentelemetry", { ...otlp, protocol: "http/json" }),
            route("proto", "opentelemetry", {
              ...otlp,
              traces_endpoint: `${server}/proto/v1/traces`,
              resource_attributes: { "service.name": "shop" },
            }),
            route("convert", "opentelemetry", {
              ...otlp,
              propagation: { inject: ["b3", "aws"], clear: ["X-Secret-Trace"] },
            }),
            route("datadog", "datadog-trace", { url: server, splitService: true, env: "test" }),
            route("refused", "opentelemetry", { ...otlp, protocol: "http/json" }, [
              { name: "key-auth" },
            ]),
          ],
        },
        {
          name: "retried",
          host: "two",
          retries: 5,
          routes: [route("retried", "zipkin", zipkin)],
        },
      ],
    },
  };
});

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: string;
  readonly name: string;
  readonly timestamp: number;
  readonly duration: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly remoteEndpoint?: { readonly port: number };
}

/** The batch of which some part says so. */
function reported(path: string, part: string): Promise<string> {
  return collector.find(
    ({ url, body }) => (url === path && body.includes(part) ? body : undefined),
    `${part} at ${path}`,
  );
}

test("tracing: a B3 trace goes on, and Zipkin gets the request's span and the upstream's", async () => {
  const answer = await used.gateway.get(
    "/zipkin/a?token=secret",
    `X-B3-TraceId: ${TRACE}`,
    `X-B3-SpanId: ${SPAN}`,
    "Zipkin-Tags: tier=gold",
  );
  assert.equal(answer.header("x-trace-id"), TRACE);
  const seen = await used.upstream.request();
  assert.equal(seen.header("x-b3-traceid"), TRACE);
  assert.equal(seen.header("x-b3-sampled"), "1");
  const body = await reported("/zipkin/api/v2/spans", TRACE);
  assert.doesNotMatch(body, /secret/);
  const [server, way] = JSON.parse(body) as ZipkinSpan[];
  assert.deepEqual([server?.kind, server?.parentId, server?.name], ["SERVER", SPAN, "GET"]);
  assert.equal(server?.tags["env"], "test");
  assert.equal(server?.tags["tier"], "gold");
  assert.equal(server?.tags["http.response.status_code"], "200");
  assert.equal(server?.tags["url.path"], "/zipkin/a");
  // The upstream's parent is the span that its headers name.
  assert.deepEqual([way?.kind, way?.parentId], ["CLIENT", server?.id]);
  assert.equal(way?.id, seen.header("x-b3-spanid"));
  assert.equal(seen.header("x-b3-parentspanid"), server?.id);
  assert.ok((way?.timestamp ?? 0) >= (server?.timestamp ?? 0));
  assert.ok((server?.duration ?? 0) >= 1);
});

test("tracing: each try of a request has a span of its own", async () => {
  await used.gateway.get("/retried", `b3: ${TRACE.replace("4", "5")}-${SPAN}-1`);
  const spans = JSON.parse(
    await reported("/zipkin/api/v2/spans", TRACE.replace("4", "5")),
  ) as ZipkinSpan[];
  const [server, way, ...tries] = spans;
  assert.equal(way?.parentId, server?.id);
  assert.ok(tries.length >= 2, JSON.stringify(spans));
  assert.ok(tries.every(({ parentId }) => parentId === way?.id));
  assert.equal(tries[0]?.tags["error"], "true");
  assert.equal(tries.at(-1)?.remoteEndpoint?.port, used.upstream.port);
});

test("L3 tracing: a request that is not sampled says so upstream, and is not reported", async () => {
  await used.gateway.get("/never");
  const seen = await used.upstream.request();
  assert.equal(seen.header("x-b3-sampled"), "0");
  const trace = seen.header("x-b3-traceid") ?? "";
  // What comes after it is there, so it would be, too.
  await used.gateway.get("/zipkin", `b3: ${TRACE.replace("4", "6")}-${SPAN}-1`);
  await reported("/zipkin/api/v2/spans", TRACE.replace("4", "6"));
  assert.ok(collector.items.every(({ body }) => !body.includes(trace)));
});

test("tracing: a W3C trace goes on with its state, and OTLP in JSON has its attributes", async () => {
  const trace = TRACE.replace("4", "7");
  await used.gateway.get(
    "/json",
    `traceparent: 00-${trace}-${SPAN}-01`,
    "tracestate: vendor=1",
    "baggage: user=ann",
  );
  const seen = await used.upstream.request();
  assert.match(seen.header("traceparent") ?? "", new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  assert.equal(seen.header("tracestate"), "vendor=1");
  assert.equal(seen.header("baggage"), "user=ann");
  const body = JSON.parse(await reported("/otlp/v1/traces", trace)) as {
    resourceSpans: {
      resource: { attributes: unknown };
      scopeSpans: { spans: { name: string; kind: number; attributes: { key: string }[] }[] }[];
    }[];
  };
  const [resourceSpans] = body.resourceSpans;
  assert.deepEqual(resourceSpans?.resource.attributes, [
    { key: "service.name", value: { stringValue: "sluice" } },
  ]);
  const spans = resourceSpans?.scopeSpans[0]?.spans ?? [];
  assert.deepEqual(
    spans.map(({ name, kind }) => [name, kind]),
    [
      ["GET json", 2],
      ["GET upstream", 3],
    ],
  );
  const keys = spans[0]?.attributes.map(({ key }) => key) ?? [];
  for (const key of [
    "http.request.method",
    "url.path",
    "http.response.status_code",
    "client.address",
  ]) {
    assert.ok(keys.includes(key), `${key} in ${keys.join()}`);
  }
});

test("L3 tracing: no more goes on of tracestate and baggage than W3C bounds", async () => {
  const many = (count: number, value: string): string =>
    Array.from({ length: count }, (_, at) => `k${at}=${value}`).join(",");
  await used.gateway.get(
    "/json",
    `traceparent: 00-${TRACE.replace("4", "9")}-${SPAN}-01`,
    `tracestate: ${many(40, "v")}`,
    `baggage: ${many(180, "x".repeat(60))}`,
  );
  const seen = await used.upstream.request();
  assert.ok((seen.header("tracestate") ?? "").split(",").length <= 32);
  assert.ok((seen.all("baggage").join(",").length ?? 0) <= 8192);
});

test("tracing: a request that another policy refuses is traced, too", async () => {
  const trace = TRACE.replace("4", "8");
  const { status } = await used.gateway.get("/refused", `traceparent: 00-${trace}-${SPAN}-01`);
  assert.equal(status, 401);
  const body = await reported("/otlp/v1/traces", trace);
  assert.match(body, /"http\.response\.status_code","value":\{"intValue":"401"\}/);
});

test("tracing: headers are written in other formats, and those that came do not stay", async () => {
  await used.gateway.get(
    "/convert",
    `traceparent: 00-${TRACE}-${SPAN}-01`,
    "X-Secret-Trace: internal",
  );
  const seen = await used.upstream.request();
  assert.equal(seen.header("traceparent"), undefined);
  assert.equal(seen.header("x-secret-trace"), undefined);
  assert.equal(seen.header("x-b3-traceid"), TRACE);
  assert.match(seen.header("x-amzn-trace-id") ?? "", /^Root=1-4bf92f35-.*;Sampled=1$/);
});

test("tracing: a Datadog agent gets whole traces, with the upstream as a service of its own", async () => {
  await used.gateway.get("/datadog", "x-datadog-trace-id: 7", "x-datadog-parent-id: 8");
  const seen = await used.upstream.request();
  assert.equal(seen.header("x-datadog-trace-id"), "7");
  const body = await reported("/v0.3/traces", '"trace_id":7,');
  const [trace] = JSON.parse(body) as { service: string; parent_id: number }[][];
  assert.deepEqual(
    trace?.map(({ service }) => service),
    ["sluice", "sluice_OUTBOUND"],
  );
  assert.equal(trace?.[0]?.parent_id, 8);
});

const withoutProtoc = ((): string | false => {
  if (spawnSync("protoc", ["--version"], { stdio: "ignore" }).status !== 0) {
    return "protoc not found. Run: apt-get install -y protobuf-compiler";
  }
  return existsSync(PROTOS) ? false : `${PROTOS} not found: it has OpenTelemetry's protos`;
})();

test("tracing: OTLP in protobuf is what its protos say", { skip: withoutProtoc }, async () => {
  await used.gateway.get("/proto");
  const bytes = await collector.find(
    ({ url, bytes: all, headers }) =>
      url === "/proto/v1/traces" && headers["content-type"] === "application/x-protobuf"
        ? all
        : undefined,
    "spans in protobuf",
  );
  const type = "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest";
  const proto = "opentelemetry/proto/collector/trace/v1/trace_service.proto";
  const decoded = spawnSync("protoc", [`--decode=${type}`, `-I${PROTOS}`, proto], {
    input: bytes,
    encoding: "utf8",
  });
  assert.equal(decoded.status, 0, decoded.stderr);
  assert.match(decoded.stdout, /key: "service\.name"\s+value \{\s+string_value: "shop"/);
  assert.match(decoded.stdout, /kind: SPAN_KIND_SERVER/);
  assert.match(decoded.stdout, /kind: SPAN_KIND_CLIENT/);
  assert.match(decoded.stdout, /key: "http\.response\.status_code"\s+value \{\s+int_value: 200/);
  // A field that the protos do not know would stand here by its number.
  assert.doesNotMatch(decoded.stdout, /^\s*\d+:/m);
});
