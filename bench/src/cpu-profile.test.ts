import assert from "node:assert/strict";
import { test } from "node:test";
import { functionShares } from "./cpu-profile.ts";

const VIEW = { root: "/here", lastSeconds: 1 };

function node(id: number, functionName: string, url = "", lineNumber = -1) {
  return { id, callFrame: { functionName, url, lineNumber } };
}

test("adds up a function's nodes and orders by its own time", () => {
  const shares = functionShares(
    {
      nodes: [
        node(1, "(garbage collector)"),
        node(2, "parse", "file:///here/src/a.ts", 9),
        node(3, "parse", "file:///here/src/a.ts", 9),
        node(4, "parse", "file:///here/src/b.ts", 9),
      ],
      samples: [1, 2, 3, 4, 3],
      timeDeltas: [10, 20, 20, 10, 40],
    },
    VIEW,
  );
  assert.deepEqual(shares, [
    { name: "parse", place: "src/a.ts:10", selfShare: 0.8 },
    { name: "(garbage collector)", place: "", selfShare: 0.1 },
    { name: "parse", place: "src/b.ts:10", selfShare: 0.1 },
  ]);
});

test("leaves out idle time and functions that were never sampled", () => {
  const nodes = [node(1, "(idle)"), node(2, "", "node:net", 4), node(3, "unused")];
  const shares = functionShares({ nodes, samples: [1, 2], timeDeltas: [900, 100] }, VIEW);
  assert.deepEqual(shares, [{ name: "(anonymous)", place: "node:net:5", selfShare: 1 }]);
});

test("leaves out what came before the last seconds, such as start-up", () => {
  const nodes = [node(1, "start"), node(2, "serve")];
  const profile = { nodes, samples: [1, 2, 2], timeDeltas: [5_000_000, 600_000, 600_000] };
  assert.deepEqual(functionShares(profile, VIEW), [{ name: "serve", place: "", selfShare: 1 }]);
});
