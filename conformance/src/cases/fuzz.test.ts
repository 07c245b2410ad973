// A few seconds of the fuzzer: with a seed that is always the same, and with one that is new each time and printed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { describeFinding, fuzz } from "../fuzz/run.ts";

const DURATION_MS = 4_000;
const SEEDS = { "the same seed": 1, "a new seed": Date.now() % 1_000_000 };

for (const [which, seed] of Object.entries(SEEDS)) {
  test(`I2, I3, I4, I5 fuzz, ${which}: damaged messages pass as a strict parser reads them, or not at all`, async (t) => {
    t.diagnostic(`npm run fuzz -- --seconds 600 --seed ${seed}`);
    const report = await fuzz({ seed, durationMs: DURATION_MS });
    assert.deepEqual(report.findings.map(describeFinding), []);
    assert.ok(report.accepted > 0, "something passes");
    assert.ok(report.outcomes.has("requests 400"), "something is refused");
    t.diagnostic(`${report.iterations} iterations, ${report.accepted} messages passed`);
  });
}
