import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import responseTransformer from "./plugin.ts";

type Config = ConfigInput<typeof responseTransformer>;

interface Answer {
  readonly status?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function handle(config: Config, answer: Answer = {}): Promise<FakeExchange> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(responseTransformer, config);
  const exchange = gateway.begin(answer.method === undefined ? {} : { method: answer.method });
  exchange.response.status = answer.status ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    exchange.response.setHeader(name, value);
  }
  exchange.response.body = answer.body;
  await exchange.onResponse(plugin);
  return exchange;
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

test("states Kong's name, priority and defaults", () => {
  const { manifest } = responseTransformer;
  assert.equal(manifest.name, "response-transformer");
  assert.equal(manifest.priority, 800);
  assert.deepEqual(manifest.phases, ["header_filter"]);
  const values = { headers: [], json: [], json_types: [] };
  const lists = { headers: [], json: [] };
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    remove: lists,
    rename: lists,
    replace: values,
    add: values,
    append: values,
  });
});

test("headers: remove, rename, replace, add, append, in this order", async () => {
  const { response } = await handle(
    {
      remove: { headers: ["x-a"] },
      rename: { headers: ["x-b:x-c"] },
      replace: { headers: ["x-c:replaced", "x-none:no"] },
      add: { headers: ["x-a:added", "x-c:no"] },
      append: { headers: ["set-cookie:a=1", "set-cookie:b=2"] },
    },
    { headers: { "X-A": "1", "X-B": "2" } },
  );
  assert.deepEqual(response.headers("x-a"), ["added"]);
  assert.deepEqual(response.headers("x-c"), ["replaced"]);
  assert.equal(response.header("x-none"), undefined);
  assert.deepEqual(response.headers("set-cookie"), ["a=1", "b=2"]);
});

test("json: the five changes, with types", async () => {
  const { response } = await handle(
    {
      remove: { json: ["a"] },
      rename: { json: ["b:c"] },
      replace: { json: ["d:4"], json_types: ["number"] },
      add: { json: ["e:true", "f:1.5", "g:1.5"], json_types: ["boolean", "number"] },
      append: { json: ["l:2"], json_types: ["number"] },
    },
    { headers: JSON_TYPE, body: '{"a":1,"b":2,"d":3,"l":[1]}' },
  );
  assert.equal(response.body, '{"d":4,"l":[1,2],"c":2,"e":true,"f":1.5,"g":"1.5"}');
});

test("json: leaves alone what is no object of JSON", async () => {
  const config: Config = { add: { json: ["a:1"] } };
  for (const body of ["{", "[1]", "null"]) {
    assert.equal((await handle(config, { headers: JSON_TYPE, body })).response.body, body);
  }
  const encoded = { ...JSON_TYPE, "content-encoding": "gzip" };
  assert.equal((await handle(config, { headers: encoded, body: "{}" })).response.body, "{}");
  const text = await handle(config, { headers: { "content-type": "text/plain" }, body: "{}" });
  assert.equal(text.response.body, "{}");
});

test("json: has nothing to do with responses that have no body", async () => {
  const config: Config = { add: { json: ["a:1"] } };
  for (const answer of [{ method: "HEAD" }, { status: 204 }, { status: 304 }]) {
    const { response } = await handle(config, { ...answer, headers: JSON_TYPE });
    assert.equal(response.content, undefined);
  }
});

test("refuses what it cannot do, with the place in the config", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ add: { headers: ["Content-Length:1"] } }, /^add\.headers\[0\]: .* belongs to the gateway/],
    [{ add: { headers: ["x-a:1\r\nb:2"] } }, /^add\.headers\[0\]: .* fits no header/],
    [{ add: { json: ["a:x"], json_types: ["number"] } }, /^add\.json\[0\]: "x" is no number/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(responseTransformer, config), {
      name: "ConfigError",
      message,
    });
  }
});
