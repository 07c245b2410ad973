import assert from "node:assert/strict";
import { test } from "node:test";

import { applyChanges } from "./changes.ts";
import { nameValues } from "./name-values.ts";

const NOTHING = { remove: [], rename: [], replace: [], add: [], append: [] };

test("what is not changed stays as it was written", () => {
  const query = nameValues("a=%31&b=x+y&&c&%64=1");
  assert.equal(query.isChanged, false);
  query.append("e", "z & ü");
  assert.equal(query.isChanged, true);
  assert.equal(query.toString(), "a=%31&b=x+y&&c&%64=1&e=z%20%26%20%C3%BC");
});

test("changes come in Kong's order", () => {
  const query = nameValues("a=1&b=2&b=3&c=4&d=5");
  applyChanges(query, {
    remove: ["a", "none"],
    rename: [
      { name: "b", value: "c" },
      { name: "none", value: "x" },
    ],
    replace: [
      { name: "d", value: "6" },
      { name: "a", value: "7" },
    ],
    add: [
      { name: "a", value: "8" },
      { name: "d", value: "9" },
    ],
    append: [{ name: "d", value: "10" }],
  });
  assert.equal(query.toString(), "c=2&c=3&d=6&a=8&d=10");
});

test("takes names as they are meant, and no half characters", () => {
  const query = nameValues("%61=1");
  assert.equal(query.has("a"), true);
  applyChanges(query, { ...NOTHING, replace: [{ name: "a", value: "\ud800" }] });
  assert.equal(query.toString(), "a=%EF%BF%BD");
  assert.equal(nameValues("").toString(), "");
});
