import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meter } from "./meter.ts";
import { meteredInstance, running } from "./metering.testing.ts";

describe("tables", () => {
  test("have a maximum, whatever they declare", () => {
    const grow = (declaration: string): unknown =>
      meteredInstance(
        running(
          "(table.grow $t (ref.null func) (local.get 0))",
          `(table $t ${declaration} funcref)`,
        ),
        () => 1_000_000,
      ).run("run", 99_990);
    assert.equal(grow("10"), 10);
    assert.equal(grow("11"), -1);
    assert.equal(grow("10 200000"), 10);
    assert.equal(grow("11 200000"), -1);
    assert.equal(grow("10 99999"), -1);
  });

  test("of more entries, or too many of them, are refused", () => {
    assert.throws(
      () => meter(running("(i32.const 0)", "(table 100001 funcref)")),
      /a table of 100001 entries, expected at most 100000/,
    );
    assert.throws(
      () => meter(running("(i32.const 0)", "(table 1 funcref)".repeat(9))),
      /9 tables, expected at most 8/,
    );
  });
});
