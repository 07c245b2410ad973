import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway } from "@sluice/plugin-sdk/testing";

import rateLimiting from "./plugin.ts";

test("refuses a config that it cannot carry out", () => {
  const gateway = new FakeGateway();
  const faults: [ConfigInput<typeof rateLimiting>, RegExp][] = [
    [{}, /^give at least one of second, minute, hour, day, month, year$/],
    [{ second: 20, hour: 10 }, /^hour: 10 is lower than 20, the limit of second$/],
    [{ second: 1, month: 60, year: 50 }, /^year: 50 is lower than 60, the limit of month$/],
    [{ hour: 1, policy: "redis" }, /^redis.host: is required when policy is redis$/],
    [{ hour: 1, policy: "cluster" }, /^policy: "cluster" needs Kong's database/],
    [{ hour: 1, sync_rate: 0.5 }, /^sync_rate: must be -1/],
    [{ hour: 1, burst: 2 }, /^burst: is for the algorithms/],
    [{ hour: 1, algorithm: "token_bucket", burst: 0 }, /^burst: must be 1 or more/],
    [{ hour: 1, algorithm: "token_bucket", window_type: "sliding" }, /^window_type: is for/],
    [{ minute: 1, algorithm: "leaky_bucket", burst: 2 }, /^burst: .* held for 120 s/],
    [{ hour: 1, limit_by: "header" }, /^header_name: is required when limit_by is header$/],
    [{ hour: 1, limit_by: "path" }, /^path: is required when limit_by is path$/],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(rateLimiting, config), { name: "ConfigError", message });
  }
  gateway.configure(rateLimiting, { second: 5, minute: 5 });
});
