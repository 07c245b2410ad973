import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import requestTransformer from "./plugin.ts";

type Config = ConfigInput<typeof requestTransformer>;

function handle(config: Config, request: FakeRequestInit = {}): Promise<FakeExchange> {
  const gateway = new FakeGateway();
  return gateway.handle(gateway.configure(requestTransformer, config), request);
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = requestTransformer;
  assert.equal(manifest.name, "request-transformer");
  assert.equal(manifest.priority, 801);
  const lists = { headers: [], querystring: [], body: [] };
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    remove: lists,
    rename: lists,
    replace: lists,
    add: lists,
    append: lists,
    dots_in_keys: true,
  });
});

test("headers: remove, rename, replace, add, append, in this order", async () => {
  const { request } = await handle(
    {
      remove: { headers: ["x-a"] },
      rename: { headers: ["x-b:x-c"] },
      replace: { headers: ["x-c:replaced", "x-none:no"] },
      add: { headers: ["x-a:added", "x-c:no"] },
      append: { headers: ["x-a:appended", "x-d:new"] },
    },
    { headers: { "X-A": "1", "X-B": "2" } },
  );
  assert.deepEqual(request.headers("x-a"), ["added", "appended"]);
  assert.deepEqual(request.headers("x-c"), ["replaced"]);
  assert.deepEqual(request.headers("x-d"), ["new"]);
  assert.deepEqual(request.headerNames().sort(), ["x-a", "x-c", "x-d"]);
});

test("a value may have colons, and a name alone says nothing", async () => {
  const config = { add: { headers: ["x-url:http://a:1/b", "x-none:"] } };
  const { request } = await handle(config);
  assert.equal(request.header("x-url"), "http://a:1/b");
  assert.equal(request.header("x-none"), undefined);
});

test("querystring: the five changes", async () => {
  const { request } = await handle(
    {
      remove: { querystring: ["a"] },
      rename: { querystring: ["b:c"] },
      replace: { querystring: ["d:4"] },
      add: { querystring: ["e:5", "d:6"] },
      append: { querystring: ["e:7"] },
    },
    { query: "a=1&b=2&d=3&keep=%20" },
  );
  assert.equal(request.query, "c=2&keep=%20&d=4&e=5&e=7");
});

test("templates are about the request as it came", async () => {
  const { request } = await handle(
    {
      remove: { headers: ["x-old"], querystring: ["q"] },
      add: { headers: ["x-new:$(headers.x-old)-$(query_params.q)"] },
    },
    { headers: { "x-old": "old" }, query: "q=1" },
  );
  assert.equal(request.header("x-new"), "old-1");
  assert.equal(request.query, "");
});

test("a value that would split a header is refused", async () => {
  const config = { add: { headers: ["x-new:$(query_params.q)"] } };
  for (const query of ["q=a%0d%0aX-Admin:1", "q=a%00", "q=%E2%82%AC"]) {
    const { isAnswered, response, request } = await handle(config, { query });
    assert.equal(isAnswered, true, query);
    assert.equal(response.status, 400);
    assert.equal(request.header("x-new"), undefined);
  }
});

test("replace.uri sets the path from captures and arguments", async () => {
  const request = { path: "/v1/7", query: "q=a%20b", uriCaptures: { 1: "7", id: "7" } };
  const one = await handle({ replace: { uri: "/orders/$(uri_captures.id)" } }, request);
  assert.equal(one.request.path, "/orders/7");
  assert.equal(one.request.query, "q=a%20b");
  const two = await handle(
    { replace: { uri: "/find/$(query_params.q)?" } },
    { query: "q=a/b%3Fc" },
  );
  assert.equal(two.request.path, "/find/a/b%3Fc?");
});

test("http_method changes the method, and a form goes into the query where there is no body", async () => {
  assert.equal((await handle({ http_method: "PUT" })).request.method, "PUT");
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const { request } = await handle(
    { http_method: "GET" },
    { method: "POST", headers: form, query: "a=1", body: "b=2&c=%20" },
  );
  assert.equal(request.method, "GET");
  assert.equal(request.query, "a=1&b=2&c=+");
});

const BODY: Config = {
  remove: { body: ["a"] },
  rename: { body: ["b:c"] },
  replace: { body: ["d:4"] },
  add: { body: ["e:5"] },
  append: { body: ["e:6"] },
};

test("body: the five changes of JSON and of forms", async () => {
  const json = await handle(BODY, {
    headers: { "content-type": "application/json; charset=utf-8" },
    body: '{"a":1,"b":2,"d":3,"n":{"x":[1]}}',
  });
  assert.equal(json.request.body, '{"d":"4","n":{"x":[1]},"c":2,"e":["5","6"]}');
  const form = await handle(BODY, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "a=1&b=2&d=3&k=+",
  });
  assert.equal(form.request.body, "c=2&k=+&d=4&e=5&e=6");
});

test("body: multipart fields", async () => {
  const { request } = await handle(BODY, {
    headers: { "content-type": "multipart/form-data; boundary=B" },
    body: '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
  });
  assert.equal(
    request.body,
    '--B\r\nContent-Disposition: form-data; name="e"\r\n\r\n5\r\n--B--\r\n',
  );
});

test("body: an empty one of JSON becomes an object, and what is no object stays", async () => {
  const headers = { "content-type": "application/json" };
  const add: Config = { add: { body: ["a:1"] } };
  assert.equal((await handle(add, { headers })).request.body, '{"a":"1"}');
  for (const body of ["{", "[1]", '"x"', "null"]) {
    assert.equal((await handle(add, { headers, body })).request.body, body);
  }
  const plain = { headers: { "content-type": "text/plain" }, body: "x" };
  assert.equal((await handle(add, plain)).request.body, "x");
});

test("body: dots go down when they are no part of names", async () => {
  const config: Config = { dots_in_keys: false, remove: { body: ["users[*].password"] } };
  const { request } = await handle(config, {
    headers: { "content-type": "application/json" },
    body: '{"users":[{"password":"x","id":1},{"id":2}]}',
  });
  assert.equal(request.body, '{"users":[{"id":1},{"id":2}]}');
});

test("refuses what it cannot do, with the place in the config", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [
      { add: { headers: ["x-a:1", "x b:1"] } },
      /^add\.headers\[1\]: "x b" is not a valid header name$/,
    ],
    [{ replace: { headers: ["Host:a"] } }, /^replace\.headers\[0\]: "Host" belongs to the gateway/],
    [
      { remove: { headers: ["X_Consumer_Id"] } },
      /^remove\.headers\[0\]: .* belongs to the gateway/,
    ],
    [{ rename: { headers: ["x-a:Content-Length"] } }, /^rename\.headers\[0\]: .* belongs to the/],
    [{ rename: { body: ["a:"] } }, /^rename\.body\[0\]: "a:" has no new name$/],
    [{ append: { body: ["a:$(os.exit)"] } }, /^append\.body\[0\]: \$\(os\.exit\) is not supported/],
    [{ replace: { uri: "orders" } }, /^replace\.uri: "orders" is no path/],
    [{ replace: { uri: "/a?b" } }, /^replace\.uri: /],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(requestTransformer, config), {
      name: "ConfigError",
      message,
    });
  }
});
