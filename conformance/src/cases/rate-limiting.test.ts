// rate-limiting (local): Kong's windows, headers and 429.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields: Entry, ...more: Entry[]): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [{ name: "rate-limiting", config: { policy: "local", ...fields } }, ...more],
  });
  const auth = { name: "key-auth" };
  return {
    config: config({
      services: [
        at("three", { hour: 3 }),
        at("two-windows", { hour: 5, day: 100 }),
        at("hidden", { hour: 1, hide_client_headers: true }),
        at("custom", { hour: 1, error_code: 420, error_message: "calm down" }),
        at("parallel", { hour: 10 }),
        at("by-consumer", { hour: 2, limit_by: "consumer" }, auth),
        at("by-header", { hour: 2, limit_by: "header", header_name: "X-Tenant" }),
        at("by-path", { hour: 2, limit_by: "path", path: "/by-path/limited" }),
        at("by-service", { hour: 2, limit_by: "service" }),
        at("second", { second: 2 }),
      ],
      consumers: [
        { username: "alice", keyauth_credentials: [{ key: "alice-key" }] },
        { username: "bob", keyauth_credentials: [{ key: "bob-key" }] },
      ],
    }),
  };
});

async function statuses(count: number, path: string, ...lines: string[]): Promise<number[]> {
  const seen = [];
  for (let sent = 0; sent < count; sent++)
    seen.push((await used.gateway.get(path, ...lines)).status);
  return seen;
}

/** The window cannot turn over in the middle of a test, except within its last seconds. */
function assertWindowHeaders(response: Response, limit: number, remaining: number): void {
  assert.equal(response.header("x-ratelimit-limit-hour"), String(limit));
  assert.equal(response.header("x-ratelimit-remaining-hour"), String(remaining));
  assert.equal(response.header("ratelimit-limit"), String(limit));
  assert.equal(response.header("ratelimit-remaining"), String(remaining));
  const reset = Number(response.header("ratelimit-reset"));
  assert.ok(Number.isInteger(reset) && reset >= 0 && reset <= 3_600, `reset ${reset}`);
}

test("rate-limiting: the limit passes, the next request is 429, and headers count down", async () => {
  for (const remaining of [2, 1, 0]) {
    const response = await used.gateway.get("/three");
    assert.equal(response.status, 200);
    assertWindowHeaders(response, 3, remaining);
    assert.equal(response.header("retry-after"), undefined);
  }
  used.upstream.reset();
  const refused = await used.gateway.get("/three");
  assert.equal(refused.status, 429);
  assertWindowHeaders(refused, 3, 0);
  assert.match(refused.header("retry-after") ?? "", /^[1-9]\d{0,3}$/);
  assert.deepEqual(refused.json(), {
    message: "API rate limit exceeded",
    request_id: refused.header("x-request-id"),
  });
  assert.equal(used.upstream.requests.length, 0);
});

test("rate-limiting: several windows each have their headers; the scarcest is RateLimit-*", async () => {
  const response = await used.gateway.get("/two-windows");
  assert.equal(response.header("x-ratelimit-limit-hour"), "5");
  assert.equal(response.header("x-ratelimit-remaining-hour"), "4");
  assert.equal(response.header("x-ratelimit-limit-day"), "100");
  assert.equal(response.header("x-ratelimit-remaining-day"), "99");
  assert.equal(response.header("ratelimit-limit"), "5");
});

test("rate-limiting: hide_client_headers hides them all", async () => {
  const response = await used.gateway.get("/hidden");
  assert.deepEqual(
    response.headers.filter(([name]) => /ratelimit/i.test(name)),
    [],
  );
  assert.equal((await used.gateway.get("/hidden")).status, 429);
});

test("rate-limiting: error_code and error_message are used", async () => {
  await used.gateway.get("/custom");
  const refused = await used.gateway.get("/custom");
  assert.equal(refused.status, 420);
  assert.match(refused.text, /calm down/);
});

test("R4 rate-limiting: of 100 parallel requests exactly the limit passes", async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => ask(used.gateway.proxyPort, get("/parallel"))),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 10);
  assert.equal(answers.filter(({ status }) => status === 429).length, 90);
});

test("rate-limiting: limit_by consumer counts each consumer apart", async () => {
  assert.deepEqual(await statuses(3, "/by-consumer", "apikey: alice-key"), [200, 200, 429]);
  assert.deepEqual(await statuses(1, "/by-consumer", "apikey: bob-key"), [200]);
});

test("R8 rate-limiting: a request that key-auth refuses does not count for anybody", async () => {
  assert.deepEqual(await statuses(3, "/by-consumer", "apikey: nobody"), [401, 401, 401]);
});

test("rate-limiting: limit_by header counts each value apart", async () => {
  assert.deepEqual(await statuses(3, "/by-header", "X-Tenant: a"), [200, 200, 429]);
  assert.deepEqual(await statuses(1, "/by-header", "X-Tenant: b"), [200]);
});

test("rate-limiting: limit_by path counts that path", async () => {
  assert.deepEqual(await statuses(3, "/by-path/limited"), [200, 200, 429]);
});

test("rate-limiting: limit_by service counts everybody together", async () => {
  assert.deepEqual(await statuses(3, "/by-service"), [200, 200, 429]);
});

test("rate-limiting: a window that ends opens again", async () => {
  const deadline = performance.now() + 5_000;
  while ((await used.gateway.get("/second")).status !== 429) {
    assert.ok(performance.now() < deadline, "the limit of 2 a second was never reached");
  }
  while ((await used.gateway.get("/second")).status === 429) {
    assert.ok(performance.now() < deadline, "the window never opened again");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
