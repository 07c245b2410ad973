import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTemplate } from "./template.ts";

test("fills every place of a name and keeps other braces", () => {
  assert.equal(
    renderTemplate("listen __port__; server { __port__ }", { port: 80 }),
    "listen 80; server { 80 }",
  );
});

test("keeps $ patterns of a value as they are", () => {
  assert.equal(renderTemplate("__body__", { body: "$&" }), "$&");
});

test("refuses a name without value", () => {
  assert.throws(() => renderTemplate("__absent__", {}), /absent/);
});
