import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Reloaded } from "../reloader.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { adminApp } from "./app.ts";

const STORE = new MemoryStore({ maxEntries: 10, maxCharacters: 1000, now: () => 0 });

interface Posted {
  readonly response: Response;
  /** The configs that were applied. */
  readonly texts: readonly string[];
}

async function post(
  headers: Readonly<Record<string, string>>,
  body = "{}",
  outcome: Reloaded = { kind: "applied" },
): Promise<Posted> {
  const texts: string[] = [];
  const app = adminApp({
    apply: (text) => {
      texts.push(text);
      return Promise.resolve(outcome);
    },
    setTargetHealth: () => assert.fail(),
    store: STORE,
    setBreakers: () => assert.fail(),
    schema: () => assert.fail(),
  });
  const all = { host: "127.0.0.1:8001", "content-type": "application/yaml", ...headers };
  const response = await app.request("/config", { method: "POST", headers: all, body });
  return { response, texts };
}

describe("the admin API", () => {
  test("applies the config that it is sent", async () => {
    const { response, texts } = await post({}, '_format_version: "3.0"');
    assert.equal(response.status, 201);
    assert.deepEqual(texts, ['_format_version: "3.0"']);
  });

  test("says every reason why a config was not taken", async () => {
    const { response } = await post({}, "x", {
      kind: "refused",
      reasons: ["a:1:1: x", "a:2:1: y"],
    });
    assert.equal(response.status, 400);
    assert.deepEqual(await response.json(), {
      message: "invalid declarative configuration",
      errors: ["a:1:1: x", "a:2:1: y"],
    });
  });

  const REFUSED: Readonly<Record<string, [status: number, headers: Record<string, string>]>> = {
    "A3 a form's content type": [415, { "content-type": "text/plain" }],
    "A3 no content type": [415, { "content-type": "" }],
    "A3 another site's page": [403, { origin: "http://evil.example" }],
    "A3 a page without an origin": [403, { origin: "null" }],
    "A3 a name that points to loopback": [403, { host: "evil.example:8001" }],
    "A7 what the gateway passes on itself": [403, { via: "1.1 sluice, 1.1 sluice" }],
    "A3 a name that starts like loopback": [403, { host: "127.0.0.1.evil.example" }],
  };
  for (const [what, [status, headers]] of Object.entries(REFUSED)) {
    test(`refuses ${what} and applies nothing`, async () => {
      const { response, texts } = await post(headers);
      assert.equal(response.status, status);
      assert.deepEqual(texts, []);
    });
  }

  test("sets the health of a target, and says when there is none", async () => {
    const set: unknown[] = [];
    const app = adminApp({
      apply: () => assert.fail(),
      store: STORE,
      setTargetHealth: (...of) => {
        set.push(of);
        return Promise.resolve(of[1] !== "c:3");
      },
      setBreakers: () => assert.fail(),
      schema: () => assert.fail(),
    });
    const put = async (path: string): Promise<number> => {
      const headers = { host: "127.0.0.1:8001" };
      return (await app.request(path, { method: "PUT", headers })).status;
    };
    assert.equal(await put("/upstreams/Pool/targets/a:1/unhealthy"), 204);
    assert.equal(await put("/upstreams/pool/targets/%5B::1%5D:2/healthy"), 204);
    assert.equal(await put("/upstreams/pool/targets/c:3/healthy"), 404);
    assert.equal(await put("/upstreams/pool/targets/a:1/ill"), 404);
    assert.deepEqual(set, [
      ["pool", "a:1", false],
      ["pool", "[::1]:2", true],
      ["pool", "c:3", true],
    ]);
  });

  test("puts circuit breakers into a state, and says when there is none", async () => {
    const set: unknown[] = [];
    const app = adminApp({
      apply: () => assert.fail(),
      setTargetHealth: () => assert.fail(),
      store: STORE,
      setBreakers: (...of) => {
        set.push(of);
        return Promise.resolve(of[0] === "pool");
      },
      schema: () => assert.fail(),
    });
    const put = async (path: string, body: string, type = "application/json"): Promise<number> => {
      const headers = { host: "127.0.0.1:8001", "content-type": type };
      return (await app.request(path, { method: "PUT", headers, body })).status;
    };
    assert.equal(await put("/upstreams/Pool/circuit_breaker", '{"state":"forced_open"}'), 204);
    assert.equal(await put("/upstreams/pool/targets/a:1/circuit_breaker", '{"state":"OPEN"}'), 204);
    assert.equal(await put("/upstreams/pool/routes/r/circuit_breaker", '{"state":"closed"}'), 204);
    assert.equal(await put("/upstreams/nope/circuit_breaker", '{"state":"disabled"}'), 404);
    for (const body of ["", "{}", "[]", '{"state":"half_open"}', '{"state":1}']) {
      assert.equal(await put("/upstreams/pool/circuit_breaker", body), 400, body);
    }
    const long = `{"state":"closed","x":"${"x".repeat(1024)}"}`;
    assert.equal(await put("/upstreams/pool/circuit_breaker", long), 413);
    const form = await put("/upstreams/pool/circuit_breaker", '{"state":"open"}', "text/plain");
    assert.equal(form, 415, "what a page of another site may send");
    assert.deepEqual(set, [
      ["pool", {}, "forced_open"],
      ["pool", { target: "a:1" }, "open"],
      ["pool", { route: "r" }, "closed"],
      ["nope", {}, "disabled"],
    ]);
  });

  test("serves the JSON Schema of a plugin's config, and nothing for a plugin that is not there", async () => {
    const schema = { type: "object" };
    const app = adminApp({
      apply: () => assert.fail(),
      setTargetHealth: () => assert.fail(),
      store: STORE,
      setBreakers: () => assert.fail(),
      schema: (name) => Promise.resolve(name === "key-auth" ? schema : undefined),
    });
    const get = (name: string): Response | Promise<Response> =>
      app.request(`/schemas/plugins/${name}`, { headers: { host: "127.0.0.1:8001" } });
    assert.deepEqual(await (await get("key-auth")).json(), schema);
    const missing = await get("nope");
    assert.deepEqual(
      [missing.status, await missing.json()],
      [404, { message: 'there is no plugin "nope"' }],
    );
  });

  test("A5 refuses a config of more than 10 MiB", async () => {
    const { response, texts } = await post({}, "x".repeat(10 * 1024 * 1024 + 1));
    assert.equal(response.status, 413);
    assert.deepEqual(texts, []);
  });
});

test("DELETE /proxy-cache notes when, for all entries or one", async () => {
  const app = adminApp({
    apply: () => assert.fail(),
    setTargetHealth: () => assert.fail(),
    store: STORE,
    setBreakers: () => assert.fail(),
    schema: () => assert.fail(),
  });
  const remove = async (path: string): Promise<number> =>
    (await app.request(path, { method: "DELETE", headers: { host: "127.0.0.1:8001" } })).status;
  const key = "0123456789abcdef".repeat(4);
  assert.equal(await remove(`/proxy-cache/${key}`), 204);
  assert.ok(Number(STORE.get(`proxy-cache\0purged:${key}`)) > 0);
  assert.match(STORE.get("proxy-cache\0purged") ?? "", /^0 [1-9]\d*$/);
  assert.equal(await remove("/proxy-cache"), 204);
  assert.match(STORE.get("proxy-cache\0purged") ?? "", /^([1-9]\d*) \1$/);
  assert.equal(await remove("/proxy-cache/no-key"), 404);
});
