import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway } from "@sluice/plugin-sdk/testing";
import type { FakeRequestInit } from "@sluice/plugin-sdk/testing";

import { bearerToken, hideTokens, tokensOf } from "./bearer.ts";

const PLACES = { headers: ["authorization", "x-token"], query: ["jwt"], cookies: ["c"] };

function requestOf(init: FakeRequestInit) {
  return new FakeGateway().begin(init).request;
}

test("takes the token of the scheme Bearer, and of no other", () => {
  for (const [value, token] of [
    ["Bearer abc", "abc"],
    ["bearer  abc", "abc"],
    ["  Bearer\tabc", "abc"],
    ["Bearer   a b", "a b"],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["Bearerabc", undefined],
    ["Basic abc", undefined],
    ["abc", undefined],
  ] as const) {
    assert.equal(bearerToken(value), token, value);
  }
});

test("finds every different token in every place", () => {
  const request = requestOf({
    query: "jwt=q&jwt=q2",
    headers: [
      ["Authorization", "Bearer h"],
      ["Authorization", "Bearer h2"],
      ["X-Token", "Bearer q"],
      ["Cookie", "a=b; c=k"],
    ],
  });
  assert.deepEqual(tokensOf(request, PLACES), ["q", "q2", "k", "h", "h2"]);
  assert.deepEqual(tokensOf(requestOf({ query: "jwt=" }), PLACES), []);
});

test("hides tokens and leaves everything else", () => {
  const request = requestOf({
    query: "a=1&jwt=q&b=2",
    headers: { Authorization: "Basic x", "X-Token": "Bearer t", Cookie: "a=b; c=k; cc=d" },
  });
  hideTokens(request, PLACES);
  assert.equal(request.query, "a=1&b=2");
  assert.equal(request.header("authorization"), "Basic x");
  assert.equal(request.header("x-token"), undefined);
  assert.equal(request.header("cookie"), "a=b; cc=d");
  const alone = requestOf({ headers: { Cookie: "c=k" } });
  hideTokens(alone, PLACES);
  assert.equal(alone.header("cookie"), undefined);
});
