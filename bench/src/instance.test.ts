import assert from "node:assert/strict";
import { test } from "node:test";
import { customSection, sumMetric } from "./instance.ts";

const EMPTY_MODULE = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

test("makes two modules differ and keeps them valid", () => {
  const first = Buffer.concat([EMPTY_MODULE, customSection("copy-1")]);
  const second = Buffer.concat([EMPTY_MODULE, customSection("copy-2")]);
  assert.notDeepEqual(first, second);
  assert.equal(
    WebAssembly.Module.customSections(new WebAssembly.Module(first), "copy-1").length,
    1,
  );
});

test("sums a metric over its labels and not over metrics with a longer name", () => {
  const text = [
    "# TYPE live gauge",
    'live{plugin="a"} 2',
    'live{plugin="b c"} 3',
    "live_total 90",
  ].join("\n");
  assert.equal(sumMetric(text, "live"), 5);
  assert.equal(sumMetric(text, "absent"), 0);
});
