// rate-limiting (local): Kong's windows, headers and 429.
import assert from "node:assert/strict";
import { test } from "node:test";

import { parseItem, parseList } from "structured-headers";

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
        at("sliding", { hour: 10, day: 10, window_type: "sliding" }),
        at("bucket", { day: 10, algorithm: "token_bucket" }),
        at("leaky", { minute: 600, algorithm: "leaky_bucket", burst: 2, ietf_headers: true }),
        at("cost", { hour: 10, cost_header: "X-Cost" }),
        at("draft", { minute: 100, hour: 1000, ietf_headers: true, hide_client_headers: true }),
        {
          ...at("before-auth", {}),
          plugins: [
            {
              name: "rate-limiting",
              config: { policy: "local", hour: 2, limit_by: "ip" },
              ordering: { before: { access: ["key-auth"] } },
            },
            auth,
          ],
        },
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

for (const path of ["/sliding", "/bucket"]) {
  test(`R4 rate-limiting ${path}: of 100 parallel requests exactly the limit passes`, async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask(used.gateway.proxyPort, get(path))),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 10);
    for (const answer of answers) assert.match(answer.header("ratelimit-remaining") ?? "", /^\d$/);
  });
}

test("rate-limiting: a leaky bucket holds its burst back, and refuses what is beyond it", async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => ask(used.gateway.proxyPort, get("/leaky"))),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  assert.ok(passed >= 3 && passed < 10, `${passed} of 10`);
});

test("rate-limiting: a request costs what its header says, and never less than one", async () => {
  const left = async (cost: string): Promise<string | undefined> =>
    (await used.gateway.get("/cost", `X-Cost: ${cost}`)).header("ratelimit-remaining");
  assert.equal(await left("4"), "6");
  assert.equal(await left("-4"), "5");
  assert.equal(await left("0"), "4");
  assert.equal((await used.gateway.get("/cost", "X-Cost: 5")).status, 429);
});

test("R7 rate-limiting: RateLimit and RateLimit-Policy are structured fields", async () => {
  const response = await used.gateway.get("/draft");
  const policies = parseList(response.header("ratelimit-policy") ?? "");
  assert.deepEqual(
    policies.map(([name, parameters]) => [name, parameters.get("q"), parameters.get("w")]),
    [
      ["minute", 100, 60],
      ["hour", 1000, 3600],
    ],
  );
  for (const [name, parameters] of parseList(response.header("ratelimit") ?? "")) {
    assert.ok(name === "minute" || name === "hour");
    assert.ok(Number.isInteger(parameters.get("r")) && Number.isInteger(parameters.get("t")));
  }
  const refused = await used.gateway.get("/custom");
  assert.ok(Number.isInteger(parseItem(refused.header("retry-after") ?? "")[0]));
});

test("R8 rate-limiting: before authentication it limits those whom that refuses, too", async () => {
  assert.deepEqual(await statuses(4, "/before-auth", "apikey: nobody"), [401, 401, 429, 429]);
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
