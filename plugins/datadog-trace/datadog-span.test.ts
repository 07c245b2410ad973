import assert from "node:assert/strict";
import { test } from "node:test";

import type { FinishedSpan } from "../parts/tracing/spans.ts";
import { datadogTrace } from "./datadog-span.ts";

const SPAN: FinishedSpan = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  parentId: undefined,
  name: "GET orders",
  kind: "server",
  startNs: 1_544_712_660_000_123_456n,
  endNs: 1_544_712_660_001_623_456n,
  isError: true,
  attributes: { "url.path": "/orders", "http.request.method": "GET" },
  peer: undefined,
};
const OPTIONS = { service: "gw", upstreamService: "gw_OUTBOUND", environment: "test" };

test("ids and times are whole numbers of 64 bits, which JSON has and JavaScript has not", () => {
  const text = datadogTrace([SPAN], OPTIONS);
  for (const part of [
    '"trace_id":15161849952847513100',
    '"span_id":17213210219539181940',
    '"parent_id":0',
    '"start":1544712660000123456',
    '"duration":1500000',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
});

test("a span has the agent's fields, and the way to the upstream its own service", () => {
  const way: FinishedSpan = { ...SPAN, kind: "client", parentId: SPAN.spanId, isError: false };
  const [server, client] = JSON.parse(datadogTrace([SPAN, way], OPTIONS)) as Record<
    string,
    unknown
  >[];
  assert.deepEqual(
    [server?.["service"], server?.["resource"], server?.["type"], server?.["error"]],
    ["gw", "GET orders", "web", 1],
  );
  assert.deepEqual([client?.["service"], client?.["error"]], ["gw_OUTBOUND", 0]);
  assert.deepEqual(server?.["meta"], {
    "span.kind": "server",
    env: "test",
    "_dd.p.tid": "5b8efff798038103",
    "url.path": "/orders",
    "http.request.method": "GET",
  });
});
