import assert from "node:assert/strict";
import { test } from "node:test";
import { describeSchema } from "./describe-schema.ts";

test("a config schema becomes a line for each field", () => {
  const schema = {
    type: "object",
    properties: {
      host: { type: "string", minLength: 1, description: "Where it is." },
      port: { type: "integer", minimum: 0, maximum: 65_535, default: 80 },
      mode: { enum: ["a", "b"], default: "a" },
      either: { anyOf: [{ const: "off" }, { type: "number", exclusiveMinimum: 0 }] },
      names: { type: "array", items: { type: ["string", "null"] } },
      weights: { type: "object", additionalProperties: { type: "number" } },
      inner: {
        type: "object",
        properties: { on: { type: "boolean" } },
        additionalProperties: false,
      },
    },
    required: ["host"],
  };
  assert.deepEqual(describeSchema(schema, "  "), [
    "  host     string of at least 1 characters, required: Where it is.",
    "  port     integer >= 0 <= 65535, default 80",
    '  mode     "a" | "b", default "a"',
    '  either   "off" or number > 0',
    "  names    list of string or null",
    "  weights  mapping",
    "  inner    fields",
    "    on  boolean",
  ]);
  assert.deepEqual(describeSchema({}, ""), ["(no fields)"]);
});
