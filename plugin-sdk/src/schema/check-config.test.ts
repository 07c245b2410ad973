// A plugin's config in a test: checked and filled in as the gateway would.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonSchema } from "../abi.ts";
import { s } from "../schema.ts";
import { checkConfig } from "./check-config.ts";

const FAULTS: readonly (readonly [schema: JsonSchema, value: unknown, ...faults: string[]])[] = [
  [{ type: "string" }, 1, "config: expected a string, got 1"],
  [{ type: "integer" }, 1.5, "config: expected an integer, got 1.5"],
  [{ type: "object" }, [], "config: expected a mapping, got []"],
  [{ type: ["string", "null"] }, 1, "config: expected a string or null, got 1"],
  [{ enum: ["a", "b"] }, "c", 'config: expected one of "a", "b", got "c"'],
  [{ const: 1 }, 2, "config: expected one of 1, got 2"],
  [{ minLength: 1 }, "", 'config: expected a string that is not empty, got ""'],
  [{ maxLength: 1 }, "\u{1f600}b", 'config: expected at most 1 characters, got "\u{1f600}b"'],
  [{ pattern: "^x" }, "a", 'config: expected a string that matches ^x, got "a"'],
  [{ minimum: 1 }, 0, "config: expected a number at least 1, got 0"],
  [{ maximum: 1 }, 2, "config: expected a number at most 1, got 2"],
  [{ exclusiveMinimum: 0 }, 0, "config: expected a number above 0, got 0"],
  [{ exclusiveMaximum: 0 }, 0, "config: expected a number below 0, got 0"],
  [{ type: "array", minItems: 2 }, ["a"], "config: expected 2 to Infinity items, got 1"],
  [{ uniqueItems: true }, [{ a: 1 }, { a: 1 }], "config: an item stands twice"],
  [{ items: { type: "string" } }, ["a", 1], "config[1]: expected a string, got 1"],
  [{ properties: {}, additionalProperties: false }, { a: 1 }, "config.a: unknown key"],
  [{ properties: { a: {} }, required: ["a"] }, {}, "config.a: this key is required"],
  [s.record(s.integer()).jsonSchema, { a: "x" }, 'config.a: expected an integer, got "x"'],
  [
    s.union([s.literal("off"), s.object({ size: s.integer() })]).jsonSchema,
    { size: "x" },
    'config.size: expected an integer, got "x"',
  ],
];

describe("a config", () => {
  for (const [schema, value, ...expected] of FAULTS) {
    test(`with a fault: ${expected.join()}`, () => {
      const { faults } = checkConfig(schema, value);
      assert.ok(faults.includes(expected[0] ?? ""), faults.join("\n"));
    });
  }

  test("gets its defaults at any depth: objects, lists, records and alternatives", () => {
    const item = s.object({ size: s.integer().default(1) });
    const schema = s.object({
      list: s.array(item).default([{}]),
      inner: s.object({ names: s.array(s.string()).default(["a"]) }).default({}),
      named: s.record(item).default({ a: {} }),
      either: s.union([s.literal("off"), item]).default({}),
      port: s.port().default(80),
      path: s.string().optional(),
    });
    const { value, faults } = checkConfig(schema.jsonSchema, { port: 81, path: null });
    assert.deepEqual(faults, []);
    assert.deepEqual(value, {
      list: [{ size: 1 }],
      inner: { names: ["a"] },
      named: { a: { size: 1 } },
      either: { size: 1 },
      port: 81,
    });
  });

  test("needs one of the fields that go for each other", () => {
    const fields = { a: s.string().optional(), b: s.integer().default(2) };
    const { jsonSchema } = s.object({ ...fields, c: s.string().optional() }).atLeastOneOf("a", "c");
    assert.deepEqual(checkConfig(jsonSchema, { a: "x" }), { value: { a: "x", b: 2 }, faults: [] });
    assert.equal(checkConfig(jsonSchema, {}).faults.length, 1);
  });
});
