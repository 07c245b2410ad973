import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { ConfiguredPlugin, FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import rateLimiting from "./plugin.ts";

const KEYED = [
  { id: "alice-key-id", collection: "keyauth_credentials", key: "alice-key" },
  { id: "alice-other-key-id", collection: "keyauth_credentials", key: "alice-other-key" },
];
const CONSUMERS = [
  { id: "alice-id", username: "alice", credentials: KEYED },
  { id: "guest-id", username: "guest" },
];
const NOON = Date.UTC(2026, 4, 31, 12, 0, 0);

function createGateway(): FakeGateway {
  return new FakeGateway({ nowMs: NOON, consumers: CONSUMERS });
}

/** Handles the requests one after the other and says which passed. */
async function passes(
  gateway: FakeGateway,
  limiter: ConfiguredPlugin,
  requests: readonly FakeRequestInit[],
): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (const request of requests) {
    passed.push(!(await gateway.handle(limiter, request)).isAnswered);
  }
  return passed;
}

/** Handles a request of somebody whom an earlier plugin authenticated. */
function isRefusedFor(
  gateway: FakeGateway,
  limiter: ConfiguredPlugin,
  identify: (exchange: FakeExchange) => void,
): boolean {
  const exchange = gateway.begin();
  identify(exchange);
  void exchange.onRequest(limiter);
  return exchange.isAnswered;
}

function withKey(key: string): (exchange: FakeExchange) => void {
  return ({ consumers }) => {
    const credential = consumers.findCredential("keyauth_credentials", key);
    assert.ok(credential);
    consumers.authenticate(credential);
  };
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = rateLimiting;
  assert.equal(manifest.name, "rate-limiting");
  assert.equal(manifest.priority, 910);
  assert.deepEqual(manifest.phases, ["access"]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    limit_by: "consumer",
    ipv6_prefix: 64,
    policy: "local",
    sync_rate: -1,
    algorithm: "window",
    window_type: "fixed",
    cost: 1,
    fault_tolerant: true,
    hide_client_headers: false,
    ietf_headers: false,
    error_code: 429,
    error_message: "API rate limit exceeded",
  });
});

test("lets as many requests pass as the limit allows, and tells the client how many are left", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { minute: 2 });
  gateway.nowMs = NOON + 15_250;

  const first = await gateway.handle(limiter);
  assert.equal(first.isAnswered, false);
  assert.deepEqual(first.response.toObject(), {
    "x-ratelimit-limit-minute": "2",
    "x-ratelimit-remaining-minute": "1",
    "ratelimit-limit": "2",
    "ratelimit-remaining": "1",
    "ratelimit-reset": "45",
  });

  const second = await gateway.handle(limiter);
  assert.equal(second.isAnswered, false);
  assert.equal(second.response.header("ratelimit-remaining"), "0");

  const third = await gateway.handle(limiter);
  assert.equal(third.response.status, 429);
  assert.deepEqual(JSON.parse(third.response.body ?? ""), {
    message: "API rate limit exceeded",
    request_id: third.request.id,
  });
  assert.deepEqual(third.response.toObject(), {
    "x-ratelimit-limit-minute": "2",
    "x-ratelimit-remaining-minute": "0",
    "ratelimit-limit": "2",
    "ratelimit-remaining": "0",
    "ratelimit-reset": "45",
    "retry-after": "45",
    "content-type": "application/json",
  });
});

test("counts anew when the next window begins, and not a moment earlier", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { minute: 1 });
  assert.deepEqual(await passes(gateway, limiter, [{}, {}]), [true, false]);
  gateway.nowMs = NOON + 59_999;
  assert.deepEqual(await passes(gateway, limiter, [{}]), [false]);
  gateway.nowMs = NOON + 60_000;
  assert.deepEqual(await passes(gateway, limiter, [{}, {}]), [true, false]);
});

test("keeps a month's counter on its 31st day, though Kong counts months as 30 days", async () => {
  const gateway = createGateway();
  gateway.nowMs = Date.UTC(2026, 4, 1);
  const limiter = gateway.configure(rateLimiting, { month: 1 });
  assert.deepEqual(await passes(gateway, limiter, [{}]), [true]);
  gateway.nowMs = Date.UTC(2026, 4, 31, 23, 59);
  const last = await gateway.handle(limiter);
  assert.equal(last.response.status, 429);
  assert.equal(last.response.header("retry-after"), "60");
});

test("a request that one window refuses uses up nothing in the others", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { second: 1, minute: 2, hour: 3 });
  assert.deepEqual(await passes(gateway, limiter, [{}, {}, {}]), [true, false, false]);
  gateway.nowMs += 1000;
  assert.deepEqual(await passes(gateway, limiter, [{}]), [true]);
  gateway.nowMs += 1000;
  const refused = await gateway.handle(limiter);
  assert.equal(refused.response.status, 429);
  assert.equal(refused.response.header("x-ratelimit-remaining-second"), "1");
  assert.equal(refused.response.header("x-ratelimit-remaining-minute"), "0");
  assert.equal(refused.response.header("x-ratelimit-remaining-hour"), "1");
  assert.equal(refused.response.header("retry-after"), "58");
});

test("RateLimit headers tell of the window with the fewest requests left, the longest if equal", async () => {
  const gateway = createGateway();
  const tighter = gateway.configure(rateLimiting, { minute: 5, hour: 100 }, "tighter");
  const first = await gateway.handle(tighter);
  assert.equal(first.response.header("ratelimit-limit"), "5");
  assert.equal(first.response.header("ratelimit-reset"), "60");
  assert.equal(first.response.header("x-ratelimit-remaining-hour"), "99");

  const equal = gateway.configure(rateLimiting, { minute: 5, hour: 5 }, "equal");
  const second = await gateway.handle(equal);
  assert.equal(second.response.header("ratelimit-reset"), "3600");
});

test("hides its headers, Retry-After too, when told to", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1, hide_client_headers: true });
  const passed = await gateway.handle(limiter);
  assert.deepEqual(passed.response.headerNames(), []);
  const refused = await gateway.handle(limiter);
  assert.equal(refused.response.status, 429);
  assert.deepEqual(refused.response.headerNames(), ["content-type"]);
});

test("answers with the status and message of the config", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, {
    hour: 1,
    error_code: 503,
    error_message: "Slow down",
  });
  await gateway.handle(limiter);
  const refused = await gateway.handle(limiter);
  assert.equal(refused.response.status, 503);
  assert.match(refused.response.body ?? "", /"message":"Slow down"/);
});

test("counts by client address when nobody is authenticated", async () => {
  for (const limit_by of ["consumer", "credential", "ip"] as const) {
    const gateway = createGateway();
    const limiter = gateway.configure(rateLimiting, { hour: 1, limit_by });
    const one = { clientAddress: "192.0.2.1" };
    const other = { clientAddress: "192.0.2.2" };
    const passed = await passes(gateway, limiter, [one, other, one, other]);
    assert.deepEqual(passed, [true, true, false, false], limit_by);
  }
});

test("counts by consumer, whichever credential it used", () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1 });
  assert.equal(isRefusedFor(gateway, limiter, withKey("alice-key")), false);
  assert.equal(isRefusedFor(gateway, limiter, withKey("alice-other-key")), true);
  assert.equal(
    isRefusedFor(gateway, limiter, () => {}),
    false,
  );
});

test("counts by credential where it belongs to no consumer", () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1 });
  function withForeignCredential({ consumers }: FakeExchange): void {
    consumers.credentialId = "foreign-id";
  }
  assert.equal(
    isRefusedFor(gateway, limiter, () => {}),
    false,
  );
  assert.equal(isRefusedFor(gateway, limiter, withForeignCredential), false);
  assert.equal(isRefusedFor(gateway, limiter, withForeignCredential), true);
});

test("counts all anonymous clients as their one consumer", () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1 });
  function asGuest({ consumers }: FakeExchange): void {
    const guest = consumers.find("guest");
    assert.ok(guest);
    consumers.authenticateAs(guest);
  }
  assert.equal(isRefusedFor(gateway, limiter, asGuest), false);
  assert.equal(isRefusedFor(gateway, limiter, asGuest), true);
});

test("counts by credential", () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1, limit_by: "credential" });
  assert.equal(isRefusedFor(gateway, limiter, withKey("alice-key")), false);
  assert.equal(isRefusedFor(gateway, limiter, withKey("alice-other-key")), false);
  assert.equal(isRefusedFor(gateway, limiter, withKey("alice-key")), true);
});

test("counts by service for all clients together", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1, limit_by: "service" });
  const requests = [{ clientAddress: "192.0.2.1" }, { clientAddress: "192.0.2.2" }];
  assert.deepEqual(await passes(gateway, limiter, requests), [true, false]);
});

test("counts by header, and by address without it", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, {
    hour: 1,
    limit_by: "header",
    header_name: "X-Team",
  });
  const red = { headers: { "x-team": "red" } };
  const blue = { headers: { "X-TEAM": "blue" } };
  const passed = await passes(gateway, limiter, [red, blue, {}, red, blue, {}]);
  assert.deepEqual(passed, [true, true, true, false, false, false]);
});

test("a header that holds another client's address leaves that client's quota alone", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, {
    hour: 1,
    limit_by: "header",
    header_name: "X-Team",
  });
  const victim = { clientAddress: "192.0.2.1" };
  const spoofs = ["192.0.2.1", "ip:192.0.2.1"].map((value) => ({
    headers: { "X-Team": value },
    clientAddress: "198.51.100.1",
  }));
  assert.deepEqual(await passes(gateway, limiter, [...spoofs, victim]), [true, true, true]);
});

test("counts one path for all clients, other paths by address", async () => {
  const gateway = createGateway();
  const limiter = gateway.configure(rateLimiting, { hour: 1, limit_by: "path", path: "/status" });
  const requests = [
    { path: "/status", clientAddress: "192.0.2.1" },
    { path: "/status", clientAddress: "192.0.2.2" },
    { path: "/status/", clientAddress: "192.0.2.3" },
    { path: "/other", clientAddress: "192.0.2.3" },
  ];
  assert.deepEqual(await passes(gateway, limiter, requests), [true, false, true, false]);
});

test("two entries of the plugin never share a counter", async () => {
  const gateway = createGateway();
  const one = gateway.configure(rateLimiting, { hour: 1 }, "entry-1");
  const other = gateway.configure(rateLimiting, { hour: 1 }, "entry-2");
  assert.deepEqual(await passes(gateway, one, [{}, {}]), [true, false]);
  assert.deepEqual(await passes(gateway, other, [{}]), [true]);
  assert.ok(gateway.store.keys().every((key) => /^quota:entry-[12]:/.test(key)));
});

test("counters survive a reload of the config", async () => {
  const gateway = createGateway();
  assert.deepEqual(await passes(gateway, gateway.configure(rateLimiting, { hour: 1 }), [{}]), [
    true,
  ]);
  const reloaded = gateway.configure(rateLimiting, { hour: 2 });
  assert.deepEqual(await passes(gateway, reloaded, [{}, {}]), [true, false]);
});

test("lets requests pass when they cannot be counted, unless it must not", async () => {
  const gateway = createGateway();
  gateway.store.compareAndSet = () => {
    throw new TypeError("the store is full");
  };
  const buckets = { hour: 1, algorithm: "token_bucket" } as const;
  const tolerant = gateway.configure(rateLimiting, buckets);
  const passed = await gateway.handle(tolerant);
  assert.equal(passed.isAnswered, false);
  assert.deepEqual(passed.response.headerNames(), []);
  assert.match(gateway.logLines.join(), /error: .*the store is full/);

  const strict = gateway.configure(rateLimiting, { ...buckets, fault_tolerant: false });
  const refused = await gateway.handle(strict);
  assert.equal(refused.response.status, 500);
  assert.match(refused.response.body ?? "", /An unexpected error occurred/);
});
