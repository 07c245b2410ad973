import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { RequestContext } from "@sluice/plugin-sdk";
import { FakeGateway } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FieldsInit } from "@sluice/plugin-sdk/testing";

import { FORMAT_NAMES } from "./formats.ts";
import { propagationOf } from "./propagation.ts";
import { beginTrace, endTrace, tracingOf } from "./request-trace.ts";
import type { TracingSettings } from "./request-trace.ts";
import type { SpanIds } from "./spans.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const ENTRY = "entry-id";
const KEY = `tracing:${ENTRY}`;

function settings(ratio: number, format: "w3c" | "b3" = "w3c"): TracingSettings {
  const propagation = propagationOf(undefined, {
    extract: [...FORMAT_NAMES],
    clear: [],
    inject: ["preserve"],
    default_format: format,
  });
  const sampling = {
    sampling_rate: ratio,
    sampling_strategy: "parent_drop_probability_fallback",
    http_response_header_for_traceid: "x-trace-id",
  } as const;
  return tracingOf(sampling, propagation, { id: ENTRY });
}

function begun(tracing: TracingSettings, headers: FieldsInit = {}): FakeExchange {
  const exchange = new FakeGateway().begin({ headers });
  const context: RequestContext = exchange.requestContext(ENTRY);
  beginTrace(context, tracing);
  return exchange;
}

describe("a request without a trace", () => {
  test("that is not sampled goes on with one, and keeps nothing", () => {
    const exchange = begun(settings(0));
    const parent = exchange.request.header("traceparent") ?? "";
    assert.match(parent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.equal(exchange.response.header("x-trace-id"), parent.slice(3, 35));
    assert.equal(exchange.shared.get(KEY), undefined);
    assert.equal(endTrace(exchange.logContext(ENTRY), settings(0)), undefined);
  });

  test("that is sampled keeps the ids which the upstream sees", () => {
    const exchange = begun(settings(1, "b3"));
    const { request } = exchange;
    const ids = exchange.shared.get(KEY) as SpanIds;
    assert.equal(request.header("x-b3-traceid"), ids.traceId);
    assert.equal(request.header("x-b3-spanid"), ids.clientId);
    assert.equal(request.header("x-b3-parentspanid"), ids.serverId);
    assert.equal(request.header("x-b3-sampled"), "1");
    assert.equal(new Set([ids.traceId, ids.clientId, ids.serverId]).size, 3);
    assert.equal(ids.parentId, undefined);
  });

  test("gets a short id where ids are short", () => {
    const exchange = begun({ ...settings(1, "b3"), isShort: true });
    const id = exchange.request.header("x-b3-traceid") ?? "";
    assert.match(id, /^[0-9a-f]{16}$/);
    assert.equal(exchange.response.header("x-trace-id"), id);
    assert.equal((exchange.shared.get(KEY) as SpanIds).traceId, "0".repeat(16) + id);
  });
});

describe("a request with a trace", () => {
  test("goes on with it below a span of its own", () => {
    const exchange = begun(settings(1), { traceparent: `00-${TRACE}-${SPAN}-01` });
    const ids = exchange.shared.get(KEY) as SpanIds;
    assert.deepEqual([ids.traceId, ids.parentId], [TRACE, SPAN]);
    assert.equal(exchange.request.header("traceparent"), `00-${TRACE}-${ids.clientId}-01`);
    assert.equal(exchange.response.header("x-trace-id"), TRACE);
  });

  test("whose id is short says it as it came, and the client gets all of it", () => {
    const short = TRACE.slice(16);
    const exchange = begun(settings(1), { b3: `${short}-${SPAN}-1` });
    assert.match(exchange.request.header("b3") ?? "", new RegExp(`^${short}-`));
    assert.equal(exchange.response.header("x-trace-id"), "0".repeat(16) + short);
  });

  test("that says no is not sampled", () => {
    const exchange = begun(settings(1), { traceparent: `00-${TRACE}-${SPAN}-00` });
    assert.match(exchange.request.header("traceparent") ?? "", /-00$/);
    assert.equal(exchange.shared.get(KEY), undefined);
  });

  test("goes on without baggage of more than W3C allows", () => {
    const exchange = begun(settings(1), { baggage: `a=${"x".repeat(10_000)}` });
    assert.equal(exchange.request.header("baggage"), undefined);
  });
});

test("a decision alone counts for the trace that begins here", () => {
  const exchange = begun(settings(1), { b3: "0" });
  assert.match(exchange.request.header("b3") ?? "", /^[0-9a-f]{32}-[0-9a-f]{16}-0-[0-9a-f]{16}$/);
  assert.equal(exchange.shared.get(KEY), undefined);
});

describe("at its end", () => {
  test("a sampled request has a span below the caller's", () => {
    const exchange = begun(settings(1), { traceparent: `00-${TRACE}-${SPAN}-01` });
    exchange.response.status = 503;
    exchange.consumers.current = {
      id: "c1",
      username: undefined,
      customId: undefined,
      tags: [],
      groups: [],
    };
    const ids = exchange.shared.get(KEY) as SpanIds;
    const [span, ...others] = endTrace(exchange.logContext(ENTRY), settings(1))?.spans ?? [];
    assert.deepEqual(others, []);
    assert.deepEqual(
      [span?.traceId, span?.spanId, span?.parentId, span?.name, span?.isError],
      [TRACE, ids.serverId, SPAN, "GET route-name", true],
    );
    assert.deepEqual(Object.entries(span?.attributes ?? {}).slice(-4), [
      ["error.type", "503"],
      ["sluice.route", "route-name"],
      ["sluice.service", "service-name"],
      ["sluice.consumer", "c1"],
    ]);
  });

  test("a request that another plugin refused before has one, if its caller does not say no", () => {
    const refused = (headers: FieldsInit): FakeExchange => {
      const exchange = new FakeGateway().begin({ headers });
      exchange.measured = { answeredBy: "plugin" };
      return exchange;
    };
    const yes = endTrace(refused({}).logContext(ENTRY), settings(1));
    assert.match(yes?.spans[0]?.traceId ?? "", /^[0-9a-f]{32}$/);
    const no = refused({ traceparent: `00-${TRACE}-${SPAN}-00` });
    assert.equal(endTrace(no.logContext(ENTRY), settings(1)), undefined);
    assert.equal(endTrace(refused({}).logContext(ENTRY), settings(0)), undefined);
  });
});
