import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway } from "@sluice/plugin-sdk/testing";
import type { FakeRequestInit } from "@sluice/plugin-sdk/testing";

import { compileTemplate } from "./templates.ts";

function render(text: string, request: FakeRequestInit = {}): string {
  const exchange = new FakeGateway().begin(request);
  exchange.shared.set("user", { name: "ann", age: 7, tags: ["x"] });
  return compileTemplate(text, "add.headers[0]").render(exchange.requestContext("entry"));
}

test("what has no expression is constant", () => {
  for (const text of ["", "a", "a$b (c)", "$", "#x", "$(", "100% $5"]) {
    assert.equal(compileTemplate(text, "p").constant, text);
  }
});

test("reads headers, arguments, captures and shared data", () => {
  const request = {
    headers: { "x-token": "t", "X-Two": "2" },
    query: "a=1%202&b-c=3",
    uriCaptures: { 1: "first", name: "ann" },
  };
  assert.equal(render("<$(headers.x_token)|$(headers['X-TWO'])>", request), "<t|2>");
  assert.equal(render('$(query_params.a)$(query_params["b-c"])', request), "1 23");
  assert.equal(render("$(uri_captures[1])/$(uri_captures.name)", request), "first/ann");
  assert.equal(render("$(shared.user.name) $(shared.user.age)", request), "ann 7");
});

test("what the request does not have is empty, or what `or` says", () => {
  assert.equal(render("a$(headers.none)b"), "ab");
  assert.equal(render("$(shared.user)$(shared.user.tags)$(shared.none.x)"), "");
  assert.equal(render("$(uri_captures.toString)$(shared.user.constructor)"), "");
  assert.equal(render('$(headers.none or query_params.q or "x (y)")', { query: "q=1" }), "1");
  assert.equal(render("$(headers.none or query_params.q or 'x (y)')"), "x (y)");
});

test("encodes what the request brings, and not what the config says", () => {
  const template = compileTemplate('/a b/$(query_params.q)/$(headers.none or "c d")', "p", {
    encode: encodeURIComponent,
  });
  const exchange = new FakeGateway().begin({ query: "q=x+y" });
  assert.equal(template.render(exchange.requestContext("e")), "/a b/x%20y/c d");
});

test("a value that looks like a template is none", () => {
  assert.equal(render("$(query_params.q)", { query: "q=$(headers.host)" }), "$(headers.host)");
});

test("refuses what would be code", () => {
  for (const text of [
    "$(os.getenv)",
    "$(headers)",
    "$(headers.a .. 'b')",
    "$(headers.a.b)",
    "$()",
    "$(ngx.var.x)",
    "$(headers.a and headers.b)",
    "$(headers.a or)",
    "$(1 + 1)",
  ]) {
    assert.throws(() => compileTemplate(text, "add.headers[0]"), {
      name: "ConfigError",
      message: /^add\.headers\[0\]: .* is not supported, expected headers\.name, /,
    });
  }
});
