import assert from "node:assert/strict";
import { test } from "node:test";

import type { FinishedSpan } from "../parts/tracing/spans.ts";
import { zipkinSpan } from "./zipkin-span.ts";

const SPAN: FinishedSpan = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  parentId: undefined,
  name: "GET",
  kind: "server",
  startNs: 1_544_712_660_000_123_456n,
  endNs: 1_544_712_660_001_623_456n,
  isError: false,
  attributes: { "http.response.status_code": 200 },
  peer: { host: "192.0.2.1", port: 7 },
};
const OPTIONS = { localServiceName: "gw", remoteServiceName: "orders", tags: { env: "test" } };

function spanOf(span: FinishedSpan): Record<string, unknown> {
  return JSON.parse(zipkinSpan(span, OPTIONS)) as Record<string, unknown>; // An object of its own.
}

test("a server's span has Zipkin's fields, µs, and tags of text", () => {
  assert.deepEqual(spanOf(SPAN), {
    traceId: SPAN.traceId,
    id: SPAN.spanId,
    kind: "SERVER",
    name: "GET",
    timestamp: 1_544_712_660_000_123,
    duration: 1500,
    localEndpoint: { serviceName: "gw" },
    remoteEndpoint: { ipv4: "192.0.2.1", port: 7 },
    tags: { "http.response.status_code": "200", env: "test" },
  });
});

test("a fault is the tag error, and tags of the config are on the request's span alone", () => {
  const { tags, kind } = spanOf({ ...SPAN, kind: "internal", isError: true, peer: undefined });
  assert.deepEqual(tags, { "http.response.status_code": "200", error: "true" });
  assert.equal(kind, undefined);
});

test("the upstream is named as the config says, the client never", () => {
  const way = spanOf({ ...SPAN, kind: "client", peer: { host: "10.0.0.1", port: 80 } });
  const endpoint = { ipv4: "10.0.0.1", port: 80, serviceName: "orders" };
  assert.deepEqual(way["remoteEndpoint"], endpoint);
});

test("a short trace id stays short, and a span of no time lasts a µs", () => {
  const traceId = `${"0".repeat(16)}d269b633813fc60c`;
  const span = spanOf({ ...SPAN, traceId, endNs: SPAN.startNs });
  assert.equal(span["traceId"], "d269b633813fc60c");
  assert.equal(span["duration"], 1);
});
