import assert from "node:assert/strict";
import { test } from "node:test";
import { packets } from "./datagram-delivery.ts";

test("without a separator there is a datagram of each entry", () => {
  const framing = { prefix: "<", separator: "", suffix: ">" };
  const all = packets(["a", Buffer.from("b")], framing, 100).map(String);
  assert.deepEqual(all, ["<a>", "<b>"]);
});
