import assert from "node:assert/strict";
import { test } from "node:test";

import { chooseCoding } from "./accept-encoding.ts";

const CASES: readonly [accepted: string, chosen: string | undefined][] = [
  ["gzip", "gzip"],
  ["gzip, br", "br"],
  ["GZIP;Q=0.5 , Br ; q=0.4", "gzip"],
  ["br;q=0, gzip", "gzip"],
  ["br;q=0.000, gzip;q=0", undefined],
  ["*", "br"],
  ["*;q=0.1, br;q=0", "gzip"],
  ["identity", undefined],
  ["identity;q=0.5, gzip;q=0.5", "gzip"],
  ["identity;q=1, gzip;q=0.5", undefined],
  ["identity;q=0, *", "br"],
  ["x-gzip", "gzip"],
  ["deflate", undefined],
  ["gzipped", undefined],
  ["gzip;q=2", undefined],
  ["gzip;q=x", undefined],
  ["gzip;level=9", "gzip"],
  ["", undefined],
  [",,;q=1,gzip", "gzip"],
  [`${"a,".repeat(40)}gzip`, undefined],
];

for (const [accepted, chosen] of CASES) {
  test(`takes ${chosen ?? "no coding"} for ${JSON.stringify(accepted.slice(0, 40))}`, () => {
    assert.equal(chooseCoding(accepted, ["br", "gzip"]), chosen);
  });
}
