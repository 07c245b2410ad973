import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RETRY_ON } from "../config/tries-model.ts";
import type { RetryOn } from "../config/tries-model.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { fieldsOf } from "../exchange.testing.ts";
import { faultReason, headReason } from "./retry-conditions.ts";

function policy(name: RetryOn): Parameters<typeof faultReason>[0] {
  return {
    retryOn: new Set([name]),
    retriableStatusCodes: new Set([418]),
    retriableHeaders: ["x-again"],
  };
}

function matching(matches: (name: RetryOn) => boolean): RetryOn[] {
  return RETRY_ON.filter(matches);
}

describe("a retry condition", () => {
  const failures: readonly (readonly [ErrorCode, readonly RetryOn[]])[] = [
    [
      "upstream_connect_failed",
      ["connect-failure", "reset", "reset-before-request", "gateway-error", "5xx"],
    ],
    [
      "upstream_connect_timeout",
      ["connect-failure", "reset", "reset-before-request", "gateway-error", "5xx"],
    ],
    ["upstream_reset", ["reset", "gateway-error", "5xx"]],
    ["upstream_timeout", ["reset", "gateway-error", "5xx"]],
    ["upstream_try_timeout", ["reset", "gateway-error", "5xx"]],
    ["upstream_invalid_response", ["reset", "gateway-error", "5xx"]],
    ["route_timeout", []],
    ["overloaded", []],
    ["no_target", []],
  ];
  for (const [code, names] of failures) {
    test(`that matches ${code} is one of: ${names.join(", ") || "none"}`, () => {
      const error = new GatewayError(code, "");
      assert.deepEqual(
        matching((name) => faultReason(policy(name), error) === name),
        names,
      );
    });
  }

  const heads: readonly (readonly [number, string, readonly RetryOn[]])[] = [
    [200, "X: y", []],
    [200, "X-Again: y", ["retriable-headers"]],
    [404, "X: y", []],
    [409, "X: y", ["retriable-4xx"]],
    [418, "X: y", ["retriable-status-codes"]],
    [500, "X: y", ["5xx"]],
    [501, "X: y", ["5xx"]],
    [502, "X: y", ["gateway-error", "5xx"]],
    [504, "X: y", ["gateway-error", "5xx"]],
  ];
  for (const [status, line, names] of heads) {
    test(`that matches ${status} with "${line}" is one of: ${names.join(", ") || "none"}`, () => {
      assert.deepEqual(
        matching((name) => headReason(policy(name), status, fieldsOf(line)) === name),
        names,
      );
    });
  }
});
