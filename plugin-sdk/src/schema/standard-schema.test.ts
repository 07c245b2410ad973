// A config schema of another library: the gateway gets its JSON Schema, the plugin what it makes of the config.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../config-error.ts";
import { definePlugin, s } from "../index.ts";
import type { Plugin, StandardConfigSchema } from "../index.ts";

type Standard = StandardConfigSchema<{ size: string }, { size: number }>["~standard"];

/** Takes digits and gives numbers, as a library would that converts. */
function plugin(change: Partial<Standard> = {}): Plugin<{ size: string }> {
  const standard: Standard = {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { size } = value as { size: string };
      if (/^\d+$/.test(size)) return { value: { size: Number(size) } };
      return { issues: [{ message: "is no number", path: ["size", { key: 0 }] }] };
    },
    jsonSchema: {
      input: () => ({
        type: "object",
        properties: {
          size: { type: "string" },
          list: { type: "array", items: { type: "object", properties: { a: {} } } },
          loose: { type: "object", properties: {}, additionalProperties: {} },
        },
        required: ["size"],
      }),
    },
    ...change,
  };
  const config: StandardConfigSchema<{ size: string }, { size: number }> = {
    "~standard": standard,
  };
  return definePlugin({ name: "p", version: "1.0.0", priority: 1, config, onRequest() {} });
}

describe("a Standard Schema", () => {
  test("gives the manifest its JSON Schema, in which unknown keys are mistakes", () => {
    assert.deepEqual(plugin().manifest.config, {
      type: "object",
      properties: {
        size: { type: "string" },
        list: {
          type: "array",
          items: { type: "object", properties: { a: {} }, additionalProperties: false },
        },
        loose: { type: "object", properties: {}, additionalProperties: {} },
      },
      required: ["size"],
      additionalProperties: false,
    });
  });

  test("makes of the config what handlers see", () => {
    assert.deepEqual(plugin().configure({ size: "12" }, { id: "a" }), { size: 12 });
  });

  test("refuses a config in its own words", () => {
    assert.throws(
      () => plugin().configure({ size: "x" }, { id: "a" }),
      (error) => error instanceof ConfigError && error.message === "size.0: is no number",
    );
  });

  test("must neither wait nor describe anything but an object", () => {
    const waiting = plugin({ validate: () => Promise.resolve({ value: { size: 1 } }) });
    assert.throws(() => waiting.configure({}, { id: "a" }), /asynchronously/);
    const list = { input: () => ({ type: "array" }) };
    assert.throws(() => plugin({ jsonSchema: list }), /config is an object/);
    assert.throws(
      () =>
        definePlugin({
          name: "p",
          version: "1.0.0",
          priority: 1,
          config: s.array(s.string()),
          onRequest() {},
        }),
      /config is an object/,
    );
  });
});
