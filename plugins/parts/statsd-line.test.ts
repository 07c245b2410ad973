import assert from "node:assert/strict";
import { test } from "node:test";

import { namePart, statLine } from "./statsd-line.ts";
import type { TagStyle } from "./statsd-line.ts";

const stat = { name: "kong.request.count", value: 1, type: "counter", rate: 1 } as const;

test("a line has name, value and type, and the rate where it is not 1", () => {
  assert.equal(statLine(stat), "kong.request.count:1|c");
  assert.equal(
    statLine({ ...stat, value: 2.5, type: "timer", rate: 0.25 }),
    "kong.request.count:2.5|ms|@0.25",
  );
});

test("each style has its place for tags", () => {
  const lines: Record<TagStyle, string> = {
    dogstatsd: "kong.request.count:1|c|#a:b,c:d",
    influxdb: "kong.request.count,a=b,c=d:1|c",
    librato: "kong.request.count#a=b,c=d:1|c",
    signalfx: "kong.request.count[a=b,c=d]:1|c",
  };
  for (const [style, line] of Object.entries(lines)) {
    assert.equal(
      statLine(stat, style as TagStyle, [
        ["a", "b"],
        ["c", "d"],
      ]),
      line,
    );
  }
});

test("L1 no name and no tag can end its line or its place", () => {
  assert.equal(namePart("a.b:c|d\ne f-g_1"), "a_b_c_d_e_f-g_1");
  const line = statLine(stat, "dogstatsd", [["user", "x:1|c\nevil:9|c|#a,b"]]);
  assert.equal(line, "kong.request.count:1|c|#user:x_1_c_evil_9_c__a_b");
});
