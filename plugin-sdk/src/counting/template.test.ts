import assert from "node:assert/strict";
import { test } from "node:test";

import { placeholder, placeholders } from "../placeholders.ts";
import { readTemplate } from "./template.ts";

const { uuid, serial } = placeholders;

test("a text without placeholders is one part, and an empty one is none", () => {
  assert.deepEqual(readTemplate("max-age=60"), ["max-age=60"]);
  assert.deepEqual(readTemplate(""), []);
});

test("texts stay where they are among placeholders", () => {
  assert.deepEqual(readTemplate(`a ${uuid}#${serial} é`), [
    "a ",
    { kind: "uuid" },
    "#",
    { kind: "serial" },
    " é",
  ]);
  assert.deepEqual(readTemplate(uuid + uuid), [{ kind: "uuid" }, { kind: "uuid" }]);
});

test("a placeholder of a quota says which window, and what of it", () => {
  for (const value of ["limit", "remaining", "reset"]) {
    assert.deepEqual(readTemplate(placeholder(`quota.12.tightest.${value}`)), [
      { kind: "quota", quota: 12, window: "tightest", value },
    ]);
  }
});

test("knows no other placeholders", () => {
  const unknown = [
    "",
    "UUID",
    "uuid ",
    "nobody",
    "quota",
    "quota.1",
    "quota.1.minute",
    "quota.1.minute.used",
    "quota..minute.limit",
    "quota.-1.minute.limit",
    "quota.1e3.minute.limit",
    "quota.1234567890.minute.limit",
    "quota.1..limit",
    "quota.1.minute.limit.",
    "quota.1.minute.limit\n",
  ];
  for (const name of unknown) {
    assert.equal(readTemplate(`a ${placeholder(name)}`), undefined, JSON.stringify(name));
  }
  assert.equal(readTemplate(uuid + placeholder("nobody")), undefined);
});

test("marks are in pairs", () => {
  for (const text of ["\u0001", `a${uuid}\u0001`, `\u0001${uuid}`, "\u0001uuid"]) {
    assert.equal(readTemplate(text), undefined, JSON.stringify(text));
  }
});
