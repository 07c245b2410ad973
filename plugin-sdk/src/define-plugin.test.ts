import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError, definePlugin, s } from "./index.ts";

const ENTRY = { id: "entry-id" };
const BASE = { name: "greeter", version: "1.2.3", priority: 5, config: s.object({}) };

test("a plugin carries its manifest with the phases that it handles", () => {
  const plugin = definePlugin({ ...BASE, onRequest() {}, onLog() {} });
  assert.deepEqual(plugin.manifest, {
    abi: 1,
    name: "greeter",
    version: "1.2.3",
    priority: 5,
    phases: ["access", "log"],
    config: { type: "object", properties: {}, required: [], additionalProperties: false },
  });
  assert.equal(plugin.onResponse, undefined);
  assert.deepEqual(definePlugin({ ...BASE, onResponse() {} }).manifest.phases, ["header_filter"]);
  const bodies = definePlugin({ ...BASE, onResponseBody() {}, onRequestBody() {} });
  assert.deepEqual(bodies.manifest.phases, ["request_body", "body_filter"]);
});

test("a plugin's manifest says what it asks to be granted", () => {
  const capabilities = ["consumers", "store:sessions"] as const;
  const { manifest } = definePlugin({ ...BASE, capabilities, onRequest() {} });
  assert.deepEqual(manifest.capabilities, capabilities);
});

test("the manifest survives JSON", () => {
  const { manifest } = definePlugin({ ...BASE, onRequest() {} });
  assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest);
});

test("handlers get what configure returned", () => {
  const plugin = definePlugin({
    ...BASE,
    config: s.object({ name: s.string() }),
    configure: ({ name }, { id }) => ({ greeting: `Hello ${name} of ${id}` }),
    onRequest() {},
  });
  assert.deepEqual(plugin.configure({ name: "you" }, ENTRY), {
    greeting: "Hello you of entry-id",
  });
});

test("handlers get the config itself when configure only checks it or is missing", () => {
  const config = {};
  const checking = definePlugin({ ...BASE, configure() {}, onRequest() {} });
  assert.equal(checking.configure(config, ENTRY), config);
  assert.equal(definePlugin({ ...BASE, onRequest() {} }).configure(config, ENTRY), config);
});

test("configure's error reaches the caller and names the field", () => {
  const plugin = definePlugin({
    ...BASE,
    configure() {
      throw new ConfigError("must be smaller", "limits.size");
    },
    onRequest() {},
  });
  assert.throws(() => plugin.configure({}, ENTRY), {
    name: "ConfigError",
    message: "limits.size: must be smaller",
    field: "limits.size",
  });
});

test("a fault of several fields names none", () => {
  const error = new ConfigError("give one of a and b");
  assert.equal(error.message, "give one of a and b");
  assert.equal(error.field, undefined);
});

test("a malformed definition fails at once", () => {
  const onRequest = (): void => {};
  for (const name of ["Greeter", "a b", "", "-a", "../a"]) {
    assert.throws(() => definePlugin({ ...BASE, name, onRequest }), /name is lower case/);
  }
  assert.throws(() => definePlugin({ ...BASE, version: "1", onRequest }), /version must be like/);
  assert.throws(() => definePlugin({ ...BASE, priority: 1.5, onRequest }), /must be an integer/);
  assert.throws(() => definePlugin(BASE), /define at least one of onRequest, onRequestBody, /);
});
