// Which of several entries of one plugin applies: Kong's precedence of route, service and consumer.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

/** Each entry has a limit of its own, and the response's X-RateLimit-Limit-Minute tells which one ran. */
const LIMITS = {
  Global: 1_001,
  Route: 1_002,
  Service: 1_003,
  "Both-Route": 1_004,
  "Known-Service": 1_005,
  "Deep-Route": 1_006,
  Alice: 1_007,
  "Route-Bob": 1_008,
  "Service-Carol": 1_009,
  "Route-Service-Carol": 1_010,
  Off: 1_011,
} as const;

function mark(name: keyof typeof LIMITS, more: Entry = {}): Entry {
  return { name: "rate-limiting", config: { minute: LIMITS[name], policy: "local" }, ...more };
}

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      {
        name: "plain",
        url: `http://127.0.0.1:${port}`,
        routes: [
          { name: "global", paths: ["/global"] },
          { name: "routed", paths: ["/routed"], plugins: [mark("Route")] },
          { name: "off", paths: ["/off"], plugins: [{ ...mark("Off"), enabled: false }] },
        ],
      },
      {
        name: "served",
        url: `http://127.0.0.1:${port}`,
        plugins: [mark("Service")],
        routes: [
          { name: "service-only", paths: ["/service"] },
          { name: "service-and-route", paths: ["/both"], plugins: [mark("Both-Route")] },
        ],
      },
      {
        name: "known",
        url: `http://127.0.0.1:${port}`,
        plugins: [mark("Known-Service")],
        routes: [
          { name: "known-route", paths: ["/known"], plugins: [{ name: "key-auth" }] },
          {
            name: "deep-route",
            paths: ["/deep"],
            plugins: [{ name: "key-auth" }, mark("Deep-Route")],
          },
        ],
      },
    ],
    consumers: [
      { username: "alice", keyauth_credentials: [{ key: "alice-key" }], plugins: [mark("Alice")] },
      { username: "bob", keyauth_credentials: [{ key: "bob-key" }] },
      { username: "carol", keyauth_credentials: [{ key: "carol-key" }] },
    ],
    plugins: [
      mark("Global"),
      mark("Route-Bob", { route: "deep-route", consumer: "bob" }),
      mark("Service-Carol", { service: "known", consumer: "carol" }),
      mark("Route-Service-Carol", { route: "deep-route", service: "known", consumer: "carol" }),
    ],
  }),
}));

async function limitAt(path: string, ...lines: string[]): Promise<string | undefined> {
  const response = await used.gateway.get(path, ...lines);
  assert.equal(response.status, 200);
  return response.header("x-ratelimit-limit-minute");
}

for (const [path, key, expected] of [
  ["/global", undefined, "Global"],
  ["/routed", undefined, "Route"],
  ["/service", undefined, "Service"],
  ["/both", undefined, "Both-Route"],
  ["/known", "bob-key", "Known-Service"],
  ["/deep", "alice-key", "Alice"],
  ["/known", "alice-key", "Alice"],
  ["/deep", "bob-key", "Route-Bob"],
  ["/known", "carol-key", "Service-Carol"],
  ["/deep", "carol-key", "Route-Service-Carol"],
] as const) {
  test(`scopes: ${path} as ${key ?? "nobody"} runs the entry of ${expected}, and no other`, async () => {
    const lines = key === undefined ? [] : [`apikey: ${key}`];
    assert.equal(await limitAt(path, ...lines), String(LIMITS[expected]));
  });
}

test("scopes: a disabled entry does not run; the next wider one does", async () => {
  assert.equal(await limitAt("/off"), String(LIMITS.Global));
});
