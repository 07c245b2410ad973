import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { emulate, FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange } from "@sluice/plugin-sdk/testing";

import compression from "./plugin.ts";

type Config = ConfigInput<typeof compression>;
type Headers = Readonly<Record<string, string>>;

async function handle(
  config: Config,
  headers: Headers,
  accepted: string = "br, gzip",
): Promise<FakeExchange["response"]> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(compression, config);
  const exchange = gateway.begin({ headers: { "accept-encoding": accepted } });
  for (const [name, value] of Object.entries(headers)) exchange.response.setHeader(name, value);
  await exchange.onResponse(plugin);
  return exchange.response;
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

test("states its name, priority and defaults", () => {
  const { manifest } = compression;
  assert.equal(manifest.name, "compression");
  assert.equal(manifest.priority, 60);
  assert.deepEqual(manifest.phases, ["header_filter"]);
  const filled = fillDefaults(manifest.config, {}) as { types: string[] };
  assert.deepEqual(
    { ...filled, types: filled.types.length > 0 },
    {
      encodings: ["br", "gzip"],
      types: true,
      excluded_content_types: [],
      min_length: 1024,
      comp_level: {},
    },
  );
});

test("compresses what has a type of the list, with Vary", async () => {
  const response = await handle({}, JSON_TYPE);
  assert.deepEqual(response.coding, { name: "br", level: undefined });
  assert.equal(response.header("vary"), "Accept-Encoding");
  assert.equal((await handle({}, { "content-type": "image/png" })).coding, undefined);
  assert.equal((await handle({}, {})).coding, undefined);
});

test("says Vary to who does not get it, too, and not twice", async () => {
  const plain = await handle({}, JSON_TYPE, "identity");
  assert.equal(plain.coding, undefined);
  assert.equal(plain.header("vary"), "Accept-Encoding");
  for (const vary of ["Origin, accept-encoding", "*"]) {
    assert.deepEqual((await handle({}, { ...JSON_TYPE, vary })).headers("vary"), [vary]);
  }
  assert.deepEqual((await handle({}, { ...JSON_TYPE, vary: "Origin" })).headers("vary"), [
    "Origin",
    "Accept-Encoding",
  ]);
});

test("leaves small and excluded bodies alone, without Vary", async () => {
  for (const [config, headers] of [
    [{}, { ...JSON_TYPE, "content-length": "1023" }],
    [{ excluded_content_types: ["Application/JSON"] }, JSON_TYPE],
    [{ types: ["text/html"] }, JSON_TYPE],
  ] as const) {
    const response = await handle(config, headers);
    assert.equal(response.coding, undefined);
    assert.equal(response.header("vary"), undefined);
  }
  assert.equal((await handle({}, { ...JSON_TYPE, "content-length": "1024" })).coding?.name, "br");
  assert.equal((await handle({ types: "*" }, { "content-type": "image/png" })).coding?.name, "br");
});

test("takes the encodings and levels of the config", async () => {
  const config: Config = { encodings: ["gzip", "br"], comp_level: { gzip: 9 } };
  assert.deepEqual((await handle(config, JSON_TYPE)).coding, { name: "gzip", level: 9 });
  assert.deepEqual((await handle(config, JSON_TYPE, "br")).coding, {
    name: "br",
    level: undefined,
  });
});

test("the body comes out whole", async () => {
  const text = "all work and no play ".repeat(100);
  const gateway = await emulate({
    plugin: new URL("./plugin.ts", import.meta.url),
    upstream: () => ({ headers: { "content-type": "text/plain", etag: '"a"' }, body: text }),
  });
  const gzip = await gateway.request({ headers: { "accept-encoding": "gzip" } });
  assert.equal(gzip.header("content-encoding"), "gzip");
  assert.equal(gzip.header("etag"), 'W/"a"');
  assert.equal(gunzipSync(gzip.bytes()).toString(), text);
  const br = await gateway.request({ headers: { "accept-encoding": "br" } });
  assert.equal(brotliDecompressSync(br.bytes()).toString(), text);
});
