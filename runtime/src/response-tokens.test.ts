import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf, linesOf } from "./exchange.testing.ts";
import { Fields } from "./http1/fields.ts";
import { addTokens, connectionTokens, parseResponseTokens } from "./response-tokens.ts";
import type { ResponseTokens } from "./response-tokens.ts";

const LATENCIES = ["X-Kong-Proxy-Latency", "X-Kong-Upstream-Latency", "X-Kong-Response-Latency"];

function tokensOf(list: string): ResponseTokens | string {
  const parsed = parseResponseTokens(list);
  return parsed.kind === "tokens" ? parsed.tokens : `unknown ${parsed.name}`;
}

function added(list: string, source: "upstream" | "gateway"): string[] {
  const tokens = tokensOf(list);
  assert.ok(typeof tokens !== "string");
  const exchange = exchangeOf({ connection: connectionTokens(tokens), startedAtMs: 1000 });
  exchange.forwardedAtMs = 1002.4;
  exchange.upstreamHeadAtMs = 1040.6;
  exchange.status = 503;
  exchange.responseFields = new Fields();
  exchange.responseSource = source;
  addTokens(exchange, 200);
  return linesOf(exchange.responseFields);
}

describe("the headers about the gateway (T8)", () => {
  test("are named as in Kong, in any case", () => {
    assert.deepEqual(tokensOf("off"), []);
    assert.deepEqual(tokensOf("server_tokens"), ["Via"]);
    assert.deepEqual(tokensOf("server_tokens, latency_tokens"), ["Via", ...LATENCIES]);
    assert.deepEqual(tokensOf("x-kong-upstream-latency,X-Kong-Upstream-Latency"), [
      "X-Kong-Upstream-Latency",
    ]);
    assert.equal(tokensOf("server_tokens,latency_token"), "unknown latency_token");
    assert.equal(tokensOf(""), "unknown ");
  });

  test("tell the latencies of an upstream's response", () => {
    assert.deepEqual(added("latency_tokens,X-Kong-Upstream-Status", "upstream"), [
      "X-Kong-Proxy-Latency: 2",
      "X-Kong-Upstream-Latency: 38",
      "X-Kong-Upstream-Status: 200",
    ]);
  });

  test("tell the latency of the gateway's own response", () => {
    const [line, ...more] = added("latency_tokens,X-Kong-Upstream-Status", "gateway");
    assert.match(line ?? "", /^X-Kong-Response-Latency: \d+$/);
    assert.deepEqual(more, []);
  });

  test("are none that were not asked for", () => {
    assert.deepEqual(added("server_tokens", "upstream"), []);
    assert.deepEqual(added("off", "gateway"), []);
  });

  test("leave out Via where it is off", () => {
    assert.equal(connectionTokens([]).responseEnd, "\r\n");
    assert.equal(connectionTokens(["Via"]).responseEnd, "Via: 1.1 sluice\r\n\r\n");
  });
});
