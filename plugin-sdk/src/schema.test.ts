import assert from "node:assert/strict";
import { test } from "node:test";

import { checkConfig } from "./schema/check-config.ts";
import { s } from "./schema.ts";

test("an object allows its fields only and requires those without default", () => {
  const schema = s.object({
    host: s.string(),
    port: s.integer().default(80),
    path: s.string().optional(),
  });
  assert.deepEqual(schema.jsonSchema, {
    type: "object",
    properties: {
      host: { type: "string" },
      port: { type: "integer", default: 80 },
      path: { type: "string" },
    },
    required: ["host"],
    additionalProperties: false,
  });
});

test("a string states its limits", () => {
  assert.deepEqual(s.string().min(2).max(5).jsonSchema, {
    type: "string",
    minLength: 2,
    maxLength: 5,
  });
  assert.deepEqual(s.string().nonEmpty().jsonSchema, { type: "string", minLength: 1 });
  assert.deepEqual(s.string().pattern(/^\//u).jsonSchema, { type: "string", pattern: "^\\/" });
});

test("a pattern must not have flags, since JSON Schema knows none", () => {
  assert.throws(() => s.string().pattern(/a/i), /knows no flags in a pattern: \/a\/i/);
});

test("a string says when it names or is a credential", () => {
  assert.deepEqual(s.string().namesCredential().jsonSchema, {
    type: "string",
    "x-sluice-names-credential": true,
  });
  assert.deepEqual(s.string().secret().jsonSchema, { type: "string", writeOnly: true });
});

test("a number states its limits", () => {
  assert.deepEqual(s.number().above(0).max(1).jsonSchema, {
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
  });
  assert.deepEqual(s.integer().min(1).jsonSchema, { type: "integer", minimum: 1 });
});

test("boolean, enum and literal", () => {
  assert.deepEqual(s.boolean().jsonSchema, { type: "boolean" });
  assert.deepEqual(s.enum(["a", "b"]).jsonSchema, { type: "string", enum: ["a", "b"] });
  assert.deepEqual(s.literal("a").jsonSchema, { type: "string", const: "a" });
  assert.deepEqual(s.literal(1).jsonSchema, { type: "number", const: 1 });
  assert.deepEqual(s.literal(false).jsonSchema, { type: "boolean", const: false });
});

test("an array states its items and their number", () => {
  assert.deepEqual(s.array(s.string().nonEmpty()).nonEmpty().max(3).unique().jsonSchema, {
    type: "array",
    items: { type: "string", minLength: 1 },
    minItems: 1,
    maxItems: 3,
    uniqueItems: true,
  });
});

test("a record allows any key with values of one kind", () => {
  assert.deepEqual(s.record(s.integer()).jsonSchema, {
    type: "object",
    additionalProperties: { type: "integer" },
  });
});

test("a union allows what one of its alternatives does", () => {
  const schema = s.union([s.literal("off"), s.integer().min(1).below(10), s.object({})]);
  assert.deepEqual(schema.jsonSchema, {
    anyOf: [
      { type: "string", const: "off" },
      { type: "integer", minimum: 1, exclusiveMaximum: 10 },
      { type: "object", properties: {}, required: [], additionalProperties: false },
    ],
  });
});

test("an object may ask for one of several fields", () => {
  const fields = { a: s.string().optional(), b: s.string().optional(), c: s.string() };
  const { jsonSchema } = s.object(fields).atLeastOneOf("a", "b");
  assert.deepEqual(jsonSchema["anyOf"], [{ required: ["a"] }, { required: ["b"] }]);
  assert.deepEqual(jsonSchema["required"], ["c"]);
});

test("a URL and a port are what they say", () => {
  const { faults } = checkConfig(s.object({ at: s.url(), port: s.port() }).jsonSchema, {
    at: "example.com",
    port: 65_536,
  });
  assert.deepEqual(faults.length, 2);
  const fine = { at: "https://example.com/a?b", port: 0 };
  assert.deepEqual(checkConfig(s.object({ at: s.url() }).jsonSchema, { at: fine.at }).faults, []);
});

test("objects nest, and keep their defaults", () => {
  const inner = s.object({ size: s.integer().default(3) }).default({});
  const schema = s.object({ inner }).jsonSchema as { properties: { inner: unknown } };
  assert.deepEqual(schema.properties.inner, {
    type: "object",
    properties: { size: { type: "integer", default: 3 } },
    required: [],
    additionalProperties: false,
    default: {},
  });
});

test("a description stays through default and optional", () => {
  assert.deepEqual(s.string().describe("Who.").default("me").jsonSchema, {
    type: "string",
    description: "Who.",
    default: "me",
  });
  assert.equal(s.string().optional().describe("Who.").isOptional, true);
});

test("every method returns a new schema", () => {
  const base = s.string();
  base.min(3).pattern(/a/).secret().namesCredential().describe("x").default("aaa");
  assert.deepEqual(base.jsonSchema, { type: "string" });
  assert.equal(base.isOptional, false);
});
