import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldsOf } from "../exchange.testing.ts";
import { backOffMs, resetMs } from "./back-off.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const RETRY_AFTER = {
  resetHeaders: [{ name: "retry-after", format: "SECONDS" }],
  maxIntervalMs: 60_000,
} as const;

describe("the wait before a retry", () => {
  test("is drawn from an interval that doubles up to the longest", () => {
    const interval = { baseIntervalMs: 25, maxIntervalMs: 250 };
    const widest = [1, 2, 3, 4, 5, 1000].map((n) => backOffMs(interval, n, () => 1));
    assert.deepEqual(widest, [25, 75, 175, 250, 250, 250]);
    assert.equal(
      backOffMs(interval, 3, () => 0),
      0,
    );
  });

  for (const [value, expected] of [
    ["0", 0],
    ["7", 7000],
    [" 7 ", 7000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["61", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["2026-01-01", undefined],
    ["9".repeat(40), undefined],
  ] as const) {
    test(`after "${value}" in Retry-After is ${expected} ms`, () => {
      assert.equal(resetMs(RETRY_AFTER, fieldsOf(`Retry-After: ${value}`), NOW_MS), expected);
    });
  }

  test("may be given as a time since 1970, and by the first header that can be read", () => {
    const rules = {
      resetHeaders: [
        { name: "x-none", format: "SECONDS" },
        { name: "x-bad", format: "SECONDS" },
        { name: "x-reset", format: "UNIX_TIMESTAMP" },
      ],
      maxIntervalMs: 60_000,
    } as const;
    const fields = fieldsOf("X-Bad: ?", `X-Reset: ${NOW_MS / 1000 + 5}`);
    assert.equal(resetMs(rules, fields, NOW_MS), 5000);
  });
});
