import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeOf, fieldsOf } from "./exchange.testing.ts";
import type { ExchangeParts } from "./exchange.testing.ts";
import { Fields } from "./http1/fields.ts";
import { PluginChain } from "./plugins/chain.ts";
import { logRecord, secretNames } from "./record.ts";
import { DEFAULT_REFUSED_ESCAPES } from "./routing/path-policy.ts";
import { routeOf } from "./routing/routing.testing.ts";
import { seededRandom } from "./routing/seeded-random.testing.ts";
import { RouteStats } from "./status/route-stats.ts";
import { Trace } from "./trace.ts";

const message = z.object({
  url: z.string(),
  uri: z.string(),
  headers: z.record(z.string(), z.unknown()),
});
const record = z.looseObject({
  request: message.extend({
    id: z.string(),
    method: z.string(),
    querystring: z.record(z.string(), z.unknown()),
    size: z.number(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.unknown()),
    size: z.number(),
  }),
  latencies: z.object({
    request: z.number(),
    kong: z.number(),
    proxy: z.number(),
    receive: z.number(),
  }),
  tries: z.array(z.looseObject({ ip: z.string(), port: z.number() })),
  client_ip: z.string(),
  started_at: z.number(),
  upstream_uri: z.string(),
  source: z.string(),
});

function recordOf(exchange: Exchange): z.infer<typeof record> {
  return record.parse(JSON.parse(logRecord(exchange)));
}

function finished(parts: ExchangeParts = {}): Exchange {
  const exchange = exchangeOf({ startedAtMs: 1000, ...parts });
  exchange.status = 200;
  exchange.responseFields = fieldsOf("Content-Type: text/plain");
  exchange.responseSource = "upstream";
  exchange.forwardedAtMs = 1010;
  exchange.upstreamHeadAtMs = 1040;
  exchange.endedAtMs = 1100;
  return exchange;
}

test("the record has the trace's id when plugins measured something on it, and else none", () => {
  const exchange = finished();
  assert.equal("trace_id" in recordOf(exchange), false);
  exchange.trace = new Trace([]);
  assert.equal("trace_id" in recordOf(exchange), false);
  exchange.trace.start("p", 0, "span", 0);
  assert.deepEqual(recordOf(exchange)["trace_id"], { w3c: exchange.trace.id });
});

/** On a route whose plugins look for credentials under these names. */
function onRoute(exchange: Exchange, ...names: readonly string[]): Exchange {
  const stats = new RouteStats("", "r");
  exchange.route = {
    config: routeOf("r", {}),
    service: undefined,
    chain: new PluginChain([]),
    stats,
    ...stats.row,
    preserveHost: false,
    timeoutMs: undefined,
    responseHeadersToRemove: undefined,
    refusedEscapes: DEFAULT_REFUSED_ESCAPES,
    secretNames: secretNames(names),
    recordText: '"route":{"id":"r"},',
  };
  return exchange;
}

describe("the log record", () => {
  test("says what was asked, by whom, and what was answered", () => {
    const exchange = onRoute(finished({ method: "POST", path: "/a/b", query: "x=1&x=2&y" }));
    exchange.requestBytes = 120;
    exchange.responseBytes = 340;
    exchange.upstreamUri = "/base/b?x=1";
    const { request, response, ...rest } = recordOf(exchange);
    assert.equal(request.id, exchange.id);
    assert.equal(request.method, "POST");
    assert.equal(request.uri, "/a/b?x=1&x=2&y");
    assert.equal(request.url, "http://example.com:8000/a/b?x=1&x=2&y");
    assert.deepEqual(request.querystring, { x: ["1", "2"], y: "" });
    assert.equal(request.size, 120);
    assert.deepEqual(response, {
      status: 200,
      headers: { "content-type": "text/plain" },
      size: 340,
    });
    assert.equal(rest.client_ip, "192.0.2.7");
    assert.equal(rest.upstream_uri, "/base/b");
    assert.deepEqual([rest["upstream_status"], rest.source], ["200", "upstream"]);
    assert.deepEqual(rest["route"], { id: "r" });
  });

  test("splits the time into ours, the upstream's and that of the body", () => {
    assert.deepEqual(recordOf(finished()).latencies, {
      request: 100,
      kong: 10,
      proxy: 30,
      receive: 60,
    });
    const refused = finished();
    refused.upstreamHeadAtMs = 0;
    refused.forwardedAtMs = 0;
    assert.deepEqual(recordOf(refused).latencies, {
      request: 100,
      kong: 100,
      proxy: -1,
      receive: 0,
    });
  });

  test("says who made the response", () => {
    const exchange = finished();
    exchange.responseSource = "plugin";
    assert.deepEqual(
      [recordOf(exchange).source, recordOf(exchange)["upstream_status"]],
      ["exit", null],
    );
    exchange.responseSource = "gateway";
    exchange.error = new GatewayError("upstream_timeout", 'with "quotes"');
    assert.deepEqual(
      [recordOf(exchange).source, recordOf(exchange)["error"]],
      ["error", "upstream_timeout"],
    );
  });

  test("lists tries, the failed ones with their status", () => {
    const exchange = finished();
    const target = { id: "t", host: "10.0.0.1", port: 81, address: "10.0.0.1:81", weight: 1 };
    const error = new GatewayError("upstream_connect_failed", "refused");
    exchange.tries = [
      { target, startedAtMs: 5, error },
      { target: { ...target, host: "10.0.0.2" }, startedAtMs: 6, error: undefined },
    ];
    const { tries } = recordOf(exchange);
    assert.deepEqual(
      tries.map(({ ip, port, state, code }) => [ip, port, state, code]),
      [
        ["10.0.0.1", 81, "failed", 502],
        ["10.0.0.2", 81, undefined, undefined],
      ],
    );
  });

  test("names the consumer and the credential's id, never its key", () => {
    const exchange = finished();
    const credential = {
      id: "cred-1",
      collection: "keyauth_credentials",
      key: "secret-key",
      identifier: "secret-key",
      fields: { secret: "secret-key" },
    };
    exchange.credential = credential;
    exchange.consumer = {
      id: "c1",
      username: 'al"ice',
      customId: undefined,
      credentials: [credential],
      groups: [],
      tags: [],
      source: { path: "", line: 1, column: 1 },
    };
    const parsed = recordOf(exchange);
    assert.deepEqual(parsed["consumer"], { id: "c1", username: 'al"ice' });
    assert.deepEqual(parsed["authenticated_entity"], { id: "cred-1" });
    assert.ok(!logRecord(exchange).includes("secret-key"));
  });

  test("gives an array for a header that came more than once", () => {
    const fields = fieldsOf("A: 1", "B: 2", "a: 3", "__proto__: 4");
    const headers = '"headers":{"a":["1","3"],"b":"2","__proto__":"4"}';
    assert.ok(logRecord(finished({ fields })).includes(headers));
  });

  test("is one line of JSON, whatever bytes headers, path and client address have (L1)", () => {
    const random = seededRandom(7);
    const pick = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 500; round++) {
      const fields = new Fields();
      const values = Array.from({ length: pick(6) }, () =>
        String.fromCharCode(...Array.from({ length: pick(20) }, () => pick(256))),
      );
      for (const value of values) fields.add(`x-${pick(3)}`, value);
      const odd = String.fromCharCode(...Array.from({ length: 8 }, () => pick(0x10000)));
      const exchange = finished({ fields, path: `/${odd}`, connection: { peerAddress: odd } });
      exchange.responseFields = fields;
      const line = logRecord(exchange);
      assert.ok(!line.includes("\n"));
      const { request } = record.parse(JSON.parse(line));
      assert.deepEqual(
        Object.values(request.headers).flat().toSorted(byText),
        values.toSorted(byText),
      );
    }
  });
});

describe("credentials in the log record (L2)", () => {
  test("are redacted in headers that always carry them, in both directions", () => {
    const names = ["Authorization", "proxy-authorization", "Cookie", "apikey", "X-Api-Key"];
    const exchange = finished({ fields: fieldsOf(...names.map((name) => `${name}: hush`)) });
    exchange.responseFields = fieldsOf("Set-Cookie: hush", "set-cookie: hush", "X-A: seen");
    const line = logRecord(exchange);
    assert.ok(!line.includes("hush"), line);
    const { response } = record.parse(JSON.parse(line));
    assert.deepEqual(response.headers, { "set-cookie": ["REDACTED", "REDACTED"], "x-a": "seen" });
  });

  test("are redacted under the names that the plugins of the route use", () => {
    const exchange = finished({
      fields: fieldsOf("X-Token: hush", "Other: seen"),
      query: "a=1&X-TOKEN=hush&%78-token=hush&b=seen",
    });
    const line = logRecord(onRoute(exchange, "x-Token"));
    assert.ok(!line.includes("hush"), line);
    const { request } = record.parse(JSON.parse(line));
    assert.equal(request.uri, "/?a=1&X-TOKEN=REDACTED&x-token=REDACTED&b=seen");
    assert.equal(request.querystring["b"], "seen");
    assert.equal(request.headers["other"], "seen");
  });

  test("are redacted in the query and the url as well", () => {
    const line = logRecord(finished({ query: "access_token=hush&apikey=hush" }));
    assert.ok(!line.includes("hush"), line);
  });
});

function byText(left: unknown, right: unknown): number {
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}
