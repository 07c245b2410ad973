import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import { Fields } from "../http1/fields.ts";
import type { Route } from "../snapshot.ts";
import { isAnonymousGet, lifetimeOf, varyingOf } from "./storable.ts";

function fieldsOf(fields: Readonly<Record<string, string>>): Fields {
  const made = new Fields();
  for (const [name, value] of Object.entries(fields)) made.add(name, value);
  return made;
}

describe("K1 a request whose answer may be kept", () => {
  const isAnonymous = (change: (exchange: Exchange) => void): boolean => {
    const exchange = exchangeOf();
    // Nothing else of it is read.
    exchange.route = { secretNames: new Set(["apikey"]) } as unknown as Route;
    change(exchange);
    return isAnonymousGet(exchange);
  };

  test("is a GET without anything that says whose it is", () => {
    assert.equal(
      isAnonymous(() => undefined),
      true,
    );
    const NOT: Readonly<Record<string, (exchange: Exchange) => void>> = {
      POST: (exchange) => void (exchange.method = "POST"),
      Authorization: ({ requestFields }) => requestFields.add("Authorization", "Basic eA=="),
      Cookie: ({ requestFields }) => requestFields.add("cookie", "a=b"),
      "a key in a header": ({ requestFields }) => requestFields.add("ApiKey", "x"),
      "a key in the query": (exchange) => void (exchange.query = "a=1&ApiKey=x"),
      "a key that a plugin took away": ({ requestFields }) =>
        void (requestFields.source = "GET / HTTP/1.1\r\nHost: a\r\nApikey: x\r\n\r\n"),
      "credentials that a plugin took away": ({ requestFields }) =>
        void (requestFields.source = "GET / HTTP/1.1\r\nAUTHORIZATION: x\r\n\r\n"),
      "an upstream that a plugin chose": (exchange) => {
        const balancer = { observer: undefined, targets: [], pick: () => undefined };
        exchange.upstreamChoice = { name: "u", target: undefined, hostHeader: undefined, balancer };
      },
      "a consumer": (exchange) => {
        exchange.credential = { id: "c", collection: "c", key: "k", identifier: "i", fields: {} };
      },
    };
    for (const [what, change] of Object.entries(NOT))
      assert.equal(isAnonymous(change), false, what);
  });
});

describe("K1 an answer that may be kept", () => {
  const INFINITE = Infinity;
  const TABLE: readonly [
    response: Readonly<Record<string, string>>,
    usableMs: number | undefined,
  ][] = [
    [{}, INFINITE],
    [{ "Cache-Control": "max-age=5" }, INFINITE],
    [{ "Cache-Control": "public, max-age=5, stale-if-error=10" }, 15_000],
    [{ "Cache-Control": "stale-if-error=0" }, 0],
    [{ "Cache-Control": "max-age=5, must-revalidate" }, 5000],
    [{ "Cache-Control": "max-age=5, s-maxage=7" }, 7000],
    [{ "Cache-Control": "proxy-revalidate" }, 0],
    [{ "Cache-Control": "no-store" }, undefined],
    [{ "Cache-Control": "max-age=5, Private" }, undefined],
    [{ "Cache-Control": 'private="x-a"' }, undefined],
    [{ "Cache-Control": "no-cache" }, undefined],
    [{ "Set-Cookie": "a=b" }, undefined],
    [{ "Content-Range": "bytes 0-1/2" }, undefined],
  ];
  for (const [response, usableMs] of TABLE) {
    test(`${JSON.stringify(response)}: ${usableMs ?? "never"}`, () => {
      assert.equal(lifetimeOf(200, new Fields(), fieldsOf(response))?.usableMs, usableMs);
    });
  }

  test("is a 200 to somebody who lets it be kept and asked for all of it", () => {
    assert.equal(lifetimeOf(203, new Fields(), new Fields()), undefined);
    assert.equal(
      lifetimeOf(200, fieldsOf({ "Cache-Control": "no-store" }), new Fields()),
      undefined,
    );
    assert.equal(lifetimeOf(200, fieldsOf({ Range: "bytes=0-1" }), new Fields()), undefined);
    assert.equal(lifetimeOf(200, new Fields(), fieldsOf({ Age: "12" }))?.initialAgeMs, 12_000);
  });

  test("depends on what Vary names, and is for nobody else with Vary: *", () => {
    const request = fieldsOf({ "Accept-Language": "de", Accept: "a" });
    const response = fieldsOf({ Vary: "accept-language, Origin" });
    assert.deepEqual(varyingOf(request, response), [
      ["accept-language", "de"],
      ["origin", ""],
    ]);
    assert.equal(varyingOf(request, fieldsOf({ Vary: "Accept, *" })), undefined);
    const many = Array.from({ length: 9 }, (_, n) => `a${n}`).join(",");
    assert.equal(varyingOf(request, fieldsOf({ Vary: many })), undefined);
    assert.deepEqual(varyingOf(request, new Fields()), []);
  });
});
