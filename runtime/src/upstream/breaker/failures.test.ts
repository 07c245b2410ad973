import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../errors.ts";
import type { ErrorCode } from "../../errors.ts";
import { breakerConfig } from "../upstreams.testing.ts";
import { errorOutcome } from "./failures.ts";
import type { CallOutcome } from "./failures.ts";

test("what counts as a failure is what record_exceptions and ignore_exceptions say", () => {
  const outcome = (
    code: ErrorCode,
    record: readonly ErrorCode[] | undefined,
    ignore: readonly ErrorCode[] = [],
  ): CallOutcome => {
    const recordExceptions = record && new Set(record);
    const config = breakerConfig({ recordExceptions, ignoreExceptions: new Set(ignore) });
    return errorOutcome(new GatewayError(code, "x"), config);
  };
  assert.equal(outcome("upstream_reset", undefined), "failure");
  assert.equal(outcome("upstream_timeout", undefined), "failure");
  assert.equal(outcome("upstream_timeout", undefined, ["upstream_timeout"]), undefined);
  assert.equal(outcome("upstream_reset", undefined, ["upstream_timeout"]), "failure");
  assert.equal(outcome("upstream_timeout", ["upstream_timeout"]), "failure");
  assert.equal(outcome("upstream_reset", ["upstream_timeout"]), "success");
  assert.equal(outcome("upstream_reset", []), "success");
  assert.equal(outcome("upstream_reset", ["upstream_reset"], ["upstream_reset"]), undefined);
  assert.equal(outcome("client_closed", undefined), undefined, "not the upstream's doing");
  assert.equal(outcome("client_closed", []), undefined);
});
