import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { waitingClock } from "./waiting-clock.ts";

test("what waits for the clock keeps the process alive, as long as it is not taken back", () => {
  const run = (code: string): string =>
    execFileSync(process.execPath, ["-e", `import(${url}).then(({ waitingClock }) => {${code}})`], {
      encoding: "utf8",
    });
  const url = JSON.stringify(new URL("waiting-clock.ts", import.meta.url).href);
  assert.equal(run(`waitingClock.after(20, () => console.log("due"))`), "due\n");
  assert.equal(run(`waitingClock.after(20, () => console.log("due"))()`), "");
  assert.ok(waitingClock.nowMs() <= performance.now());
});
