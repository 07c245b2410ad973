import assert from "node:assert/strict";
import { test } from "node:test";

import { jsonMembers } from "./json-members.ts";
import { parseJsonObject } from "./json-object.ts";

function changed(
  text: string,
  change: (json: ReturnType<typeof jsonMembers>) => void,
  dotsInKeys = true,
): string {
  const root = parseJsonObject(text);
  assert.ok(root);
  change(jsonMembers(root, { dotsInKeys }));
  return JSON.stringify(root);
}

test("sets, renames, removes and appends", () => {
  assert.equal(
    changed('{"a":1}', (json) => json.set("b", true)),
    '{"a":1,"b":true}',
  );
  assert.equal(
    changed('{"a":1}', (json) => json.rename("a", "b")),
    '{"b":1}',
  );
  assert.equal(
    changed('{"a":1}', (json) => json.remove("a")),
    "{}",
  );
  assert.equal(
    changed('{"a":[1]}', (json) => json.append("a", 2)),
    '{"a":[1,2]}',
  );
  assert.equal(
    changed('{"a":"x"}', (json) => json.append("a", "y")),
    '{"a":["x","y"]}',
  );
  assert.equal(
    changed("{}", (json) => json.append("a", "y")),
    '{"a":["y"]}',
  );
});

test("dots are part of a name, or a way down", () => {
  const text = '{"a":{"b":1},"a.b":2,"l":[{"x":1},{"x":2},3]}';
  assert.equal(
    changed(text, (json) => json.remove("a.b")),
    '{"a":{"b":1},"l":[{"x":1},{"x":2},3]}',
  );
  assert.equal(
    changed(text, (json) => json.remove("a.b"), false),
    '{"a":{},"a.b":2,"l":[{"x":1},{"x":2},3]}',
  );
  assert.equal(
    changed(text, (json) => json.set("l[2].x", 9), false),
    '{"a":{"b":1},"a.b":2,"l":[{"x":1},{"x":9},3]}',
  );
  assert.equal(
    changed(text, (json) => json.rename("l[*].x", "y"), false),
    '{"a":{"b":1},"a.b":2,"l":[{"y":1},{"y":2},3]}',
  );
  assert.equal(
    changed(text, (json) => json.set("none.x", 9), false),
    text,
  );
});

test("names of Object's own are names like any other", () => {
  const text = '{"__proto__":{"x":1},"constructor":1}';
  assert.equal(
    changed("{}", (json) => json.set("__proto__", 1)),
    '{"__proto__":1}',
  );
  assert.equal(
    changed(text, (json) => json.remove("__proto__.x"), false),
    '{"__proto__":{},"constructor":1}',
  );
  const root = {};
  assert.equal(jsonMembers(root, { dotsInKeys: true }).has("toString"), false);
});

test("knows whether anything was changed", () => {
  const members = jsonMembers({ a: 1 }, { dotsInKeys: true });
  members.remove("none");
  members.rename("none", "x");
  assert.equal(members.isChanged, false);
  members.remove("a");
  assert.equal(members.isChanged, true);
});

test("JSON without members is left alone", () => {
  for (const text of ["[1]", '"a"', "null", "1"]) assert.equal(parseJsonObject(text), undefined);
  assert.throws(() => parseJsonObject("{"), SyntaxError);
});
