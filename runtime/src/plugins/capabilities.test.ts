import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { effectiveGrants, missingCapabilities } from "./capabilities.ts";
import { NO_GRANTS } from "./plugin.testing.ts";

describe("what a plugin asks for", () => {
  const asked = ["consumers", "store:shared", "fetch", "secrets", "targets", "later"];

  test("is not granted by asking", () => {
    assert.deepEqual(effectiveGrants(NO_GRANTS, asked, false), NO_GRANTS);
    assert.deepEqual(missingCapabilities(NO_GRANTS, asked), asked);
  });

  test("is granted by the entry", () => {
    const grants = {
      ...NO_GRANTS,
      consumers: true,
      store: ["shared"],
      fetch: ["a.test"],
      secrets: ["vault://env/a"],
      targets: ["a.test:80"],
    };
    assert.deepEqual(missingCapabilities(grants, asked), ["later"]);
    assert.deepEqual(missingCapabilities(grants, ["store:other"]), ["store:other"]);
  });

  test("is granted to a bundled plugin, but for hosts and secrets, whose names it cannot know", () => {
    const grants = effectiveGrants({ ...NO_GRANTS, store: ["own"] }, asked, true);
    assert.deepEqual(grants, { ...NO_GRANTS, consumers: true, store: ["own", "shared"] });
    assert.deepEqual(missingCapabilities(grants, asked), ["fetch", "secrets", "targets", "later"]);
    assert.equal(effectiveGrants(NO_GRANTS, [], true).consumers, false);
  });

  test("servers that the operator's config names are granted to a bundled plugin alone", () => {
    const granted = { ...NO_GRANTS, fetch: ["a.test"] };
    const grants = effectiveGrants(granted, ["fetch"], true, ["10.0.0.5:80"]);
    assert.deepEqual(grants.fetch, ["a.test", "10.0.0.5:80"]);
    assert.deepEqual(grants.targets, ["10.0.0.5:80"]);
    assert.deepEqual(grants.endpoints, ["10.0.0.5:80"]);
    assert.deepEqual(effectiveGrants(granted, ["fetch"], false, ["10.0.0.5:80"]), granted);
    assert.deepEqual(
      missingCapabilities(effectiveGrants(NO_GRANTS, [], true, ["a:1"]), ["fetch"]),
      [],
    );
  });
});
