import assert from "node:assert/strict";
import { test } from "node:test";

import { happens } from "./chance.ts";

test("happens to so many of 100", () => {
  assert.equal(
    happens(0, () => 0),
    false,
  );
  assert.equal(
    happens(100, () => 0.999_999),
    true,
  );
  assert.equal(
    happens(25, () => 0.249),
    true,
  );
  assert.equal(
    happens(25, () => 0.25),
    false,
  );
  assert.equal(
    happens(0.5, () => 0.004),
    true,
  );
});
