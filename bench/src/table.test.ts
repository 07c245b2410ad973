import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "./table.ts";

test("aligns cells under their titles", () => {
  const table = formatTable(
    [
      { title: "Proxy", align: "left" },
      { title: "µs", align: "right" },
    ],
    [
      ["nginx", "9.1"],
      ["a longer one", "120.0"],
    ],
  );
  assert.equal(
    table,
    [
      "Proxy            µs",
      "------------  -----",
      "nginx           9.1",
      "a longer one  120.0",
    ].join("\n"),
  );
});
