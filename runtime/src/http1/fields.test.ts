import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fields } from "./fields.ts";

function fieldsOf(...lines: string[]): Fields {
  const fields = new Fields();
  for (const line of lines) fields.add(line.split(": ")[0] ?? "", line.split(": ")[1] ?? "");
  return fields;
}

function linesOf(fields: Fields): string[] {
  assert.equal(fields.names.length, fields.values.length);
  return fields.names.map((name, at) => `${name.text}: ${fields.values[at]}`);
}

describe("Fields", () => {
  test("keeps order, case and duplicates (T6)", () => {
    const lines = ["Set-Cookie: a", "X: 1", "set-cookie: b"];
    assert.deepEqual(linesOf(fieldsOf(...lines)), lines);
  });

  test("gets the index-th value of a name", () => {
    const fields = fieldsOf("A: 1", "B: 2", "a: 3");
    assert.equal(fields.get("a"), "1");
    assert.equal(fields.get("a", 1), "3");
    assert.equal(fields.get("a", 2), undefined);
    assert.equal(fields.get("c"), undefined);
    assert.deepEqual(fields.all("a"), ["1", "3"]);
  });

  test("sets in the first one's place and takes the others away", () => {
    const fields = fieldsOf("A: 1", "B: 2", "a: 3", "C: 4", "A: 5");
    fields.set("a", "new");
    assert.deepEqual(linesOf(fields), ["a: new", "B: 2", "C: 4"]);
  });

  test("sets at the end when there is none", () => {
    const fields = fieldsOf("A: 1");
    fields.set("B", "2");
    assert.deepEqual(linesOf(fields), ["A: 1", "B: 2"]);
  });

  test("removes every one of a name, neighbours included", () => {
    const fields = fieldsOf("a: 1", "A: 2", "B: 3", "a: 4");
    fields.remove("a");
    assert.deepEqual(linesOf(fields), ["B: 3"]);
    fields.remove("absent");
    assert.deepEqual(linesOf(fields), ["B: 3"]);
  });

  test("removes at one place", () => {
    const fields = fieldsOf("A: 1", "B: 2", "C: 3");
    fields.removeAt(1);
    assert.deepEqual(linesOf(fields), ["A: 1", "C: 3"]);
    assert.equal(fields.length, 2);
  });

  test("have twins that go their own ways from the first change on", () => {
    const changes: ((fields: Fields) => void)[] = [
      (fields) => fields.add("C", "3"),
      (fields) => fields.set("a", "9"),
      (fields) => fields.remove("b"),
      (fields) => fields.removeAt(0),
      (fields) => fields.setAt(1, "9"),
    ];
    for (const change of changes) {
      const fields = fieldsOf("A: 1", "B: 2");
      const twin = fields.twin();
      change(twin);
      assert.deepEqual(linesOf(fields), ["A: 1", "B: 2"]);
      assert.notDeepEqual(linesOf(twin), ["A: 1", "B: 2"]);
      const other = fields.twin();
      change(fields);
      assert.deepEqual(linesOf(other), ["A: 1", "B: 2"]);
      assert.deepEqual(linesOf(fields), linesOf(twin));
    }
  });
});
