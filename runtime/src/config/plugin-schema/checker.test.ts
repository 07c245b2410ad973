import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nodeOf } from "../document/node.ts";
import { SchemaChecker } from "./checker.ts";
import type { JsonSchema } from "./schema.ts";

interface Checked {
  readonly value: unknown;
  readonly faults: readonly string[];
}

function check(schema: JsonSchema, value: unknown): Checked {
  const faults: string[] = [];
  const checker = new SchemaChecker((path, _offset, message) => faults.push(`${path}: ${message}`));
  const checked = checker.check(nodeOf(value, 0), schema, { path: "config", isSecret: false });
  return { value: checked, faults };
}

const object = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties,
  additionalProperties: false,
  ...more,
});

const FAULTS: readonly (readonly [
  schema: JsonSchema,
  value: unknown,
  ...faults: readonly string[],
])[] = [
  [{ type: "string" }, 1, "config: expected a string, got 1"],
  [{ type: "integer" }, 1.5, "config: expected an integer, got 1.5"],
  [{ type: "number" }, "1", 'config: expected a number, got "1"'],
  [{ type: "boolean" }, "yes", 'config: expected true or false, got "yes"'],
  [{ type: "object" }, [], "config: expected a mapping, got a list"],
  [{ type: "array" }, {}, "config: expected a list, got a mapping"],
  [{ type: ["string", "integer"] }, true, "config: expected a string or an integer, got true"],
  [{ enum: ["a", "b"] }, "c", 'config: expected one of "a", "b", got "c"'],
  [{ const: 1 }, 2, "config: expected 1, got 2"],
  [{ minLength: 1 }, "", 'config: expected a string that is not empty, got ""'],
  [
    { minLength: 2 },
    "\u{1f600}",
    'config: expected a string of at least 2 characters, got "\u{1f600}"',
  ],
  [{ maxLength: 1 }, "ab", 'config: expected a string of at most 1 characters, got "ab"'],
  [{ pattern: "^x" }, "a", 'config: expected a string that matches ^x, got "a"'],
  [{ minimum: 1 }, 0, "config: expected a number at least 1, got 0"],
  [{ maximum: 1 }, 2, "config: expected a number at most 1, got 2"],
  [{ exclusiveMinimum: 0 }, 0, "config: expected a number above 0, got 0"],
  [{ exclusiveMaximum: 0 }, 0, "config: expected a number below 0, got 0"],
  [{ minItems: 1 }, [], "config: expected at least 1 items, got 0"],
  [{ maxItems: 1 }, [1, 2], "config: expected 0 to 1 items, got 2"],
  [
    { uniqueItems: true },
    [{ a: 1 }, { a: 1 }],
    "config[1]: expected an item of its own: it was given before",
  ],
  [{ items: { type: "string" } }, ["a", 1], "config[1]: expected a string, got 1"],
  [object({ realm: {} }), { relam: 1 }, 'config.relam: unknown key: did you mean "realm"?'],
  [object({ a: {} }, { required: ["a"] }), { a: null }, "config.a: missing: this key is required"],
  [
    object({ a: object({ b: { type: "string" } }), c: { type: "string" } }),
    { a: { b: 1 }, c: 2 },
    "config.a.b: expected a string, got 1",
    "config.c: expected a string, got 2",
  ],
  [
    { type: "object", additionalProperties: { type: "integer" } },
    { x: "y" },
    'config.x: expected an integer, got "y"',
  ],
  [
    object(
      { second: {}, minute: {} },
      { anyOf: [{ required: ["second"] }, { required: ["minute"] }] },
    ),
    {},
    "config: expected at least one of second, minute",
  ],
  [
    { oneOf: [{ type: "string" }, object({ a: { type: "string" } })] },
    { a: 1 },
    "config: expected a string, got a mapping",
  ],
];

describe("SchemaChecker", () => {
  for (const [schema, value, ...faults] of FAULTS) {
    test(`${JSON.stringify(value)} is not ${JSON.stringify(schema)}`, () => {
      assert.deepEqual(check(schema, value), { value: undefined, faults });
    });
  }

  test("accepts what fits and keeps the values", () => {
    const schema = object({
      text: { type: "string", minLength: 1, pattern: "^a" },
      list: { type: "array", items: { type: "integer" }, uniqueItems: true },
      map: { type: "object", additionalProperties: { type: "number" } },
      any: { anyOf: [{ type: "string" }, { type: "boolean" }] },
    });
    const value = { text: "abc", list: [1, 2], map: { x: 1.5 }, any: true };
    assert.deepEqual(check(schema, value), { value, faults: [] });
  });

  test("fills in defaults, those inside of defaults too", () => {
    const schema = object(
      {
        policy: { type: "string", default: "local" },
        redis: { ...object({ port: { type: "integer", default: 6379 } }), default: {} },
        list: { type: "array", items: { type: "string" }, default: ["a"] },
        optional: { type: "string" },
      },
      { required: ["policy"] },
    );
    assert.deepEqual(check(schema, { list: null }), {
      value: { policy: "local", redis: { port: 6379 }, list: ["a"] },
      faults: [],
    });
  });

  test("never shows a value that is writeOnly, nor one that stands where such a value belongs", () => {
    const secret = { type: "string", writeOnly: true, minLength: 20 };
    const schema = object({
      password: secret,
      redis: object({ password: secret }),
      keys: { type: "array", items: secret },
      whole: object({ inner: { type: "integer" } }, { writeOnly: true }),
      either: { anyOf: [secret, { type: "integer" }] },
    });
    const value = {
      password: "hunter2",
      redis: "hunter2",
      keys: "hunter2",
      either: "hunter2",
      whole: { inner: "hunter2" },
    };
    const { faults } = check(schema, value);
    assert.equal(faults.length, 5);
    assert.doesNotMatch(faults.join("\n"), /hunter2/);
  });

  test("names like those of Object's own members are plain keys", () => {
    const { faults } = check(object({}), { constructor: 1, toString: 2 });
    assert.deepEqual(faults, ["config.constructor: unknown key", "config.toString: unknown key"]);
  });
});
