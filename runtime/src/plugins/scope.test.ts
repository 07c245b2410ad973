import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PluginConfig } from "../config/model.ts";
import { RecordingPlugin, entryOf } from "./plugin.testing.ts";
import { chainMembers } from "./scope.ts";
import type { BoundEntry } from "./scope.ts";

/** Kong's order, best first; the letters say which of route, service and consumer an entry names. */
const LEVELS = ["rsc", "rc", "sc", "rs", "c", "r", "s", ""] as const;
const HERE = { routeId: "route", serviceId: "service" };

const plugin: RecordingPlugin = new RecordingPlugin("limits");

function scoped(level: string, id = ""): Partial<PluginConfig> {
  return {
    routeId: level.includes("r") ? `route${id}` : undefined,
    serviceId: level.includes("s") ? `service${id}` : undefined,
    consumerId: level.includes("c") ? `consumer${id}` : undefined,
  };
}

function bind(scopes: readonly Partial<PluginConfig>[]): BoundEntry[] {
  return scopes.map((scope, index) => ({ config: entryOf("limits", scope), plugin, index }));
}

/** Index of the entry that a request gets, with and without the consumer; -1 for none. */
function chosen(scopes: readonly Partial<PluginConfig>[]): { known: number; unknown: number } {
  const [link] = chainMembers(bind(scopes), HERE);
  const unknown = link?.entry ?? -1;
  return { known: link?.byConsumer?.get("consumer") ?? unknown, unknown };
}

describe("the entry that a request gets", () => {
  for (const [rank, level] of LEVELS.entries()) {
    test(`is that of "${level}" when no better level has one`, () => {
      const rest = LEVELS.slice(rank);
      assert.equal(rest[chosen(rest.map((each) => scoped(each))).known], level);
      const reversed = rest.toReversed();
      assert.equal(reversed[chosen(reversed.map((each) => scoped(each))).known], level);
    });
  }

  test("without a consumer is the best of those that name none", () => {
    const rest = LEVELS.filter((level) => !level.includes("c"));
    assert.equal(LEVELS[chosen(LEVELS.map((level) => scoped(level))).unknown], "rs");
    assert.equal(rest[chosen(rest.slice(1).map((level) => scoped(level))).unknown + 1], "r");
    assert.equal(chosen([scoped("c"), scoped("rc")]).unknown, -1);
  });

  test("of a consumer that no entry names is the general one", () => {
    const [link] = chainMembers(bind([scoped("c"), scoped("s")]), HERE);
    assert.equal(link?.byConsumer?.get("stranger"), undefined);
    assert.equal(link?.entry, 1);
  });

  test("is each consumer's own", () => {
    const scopes = [{ consumerId: "a" }, { consumerId: "b" }, { ...scoped("r"), consumerId: "b" }];
    const [link] = chainMembers(bind(scopes), HERE);
    assert.deepEqual(
      [...(link?.byConsumer ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        ["a", 0],
        ["b", 2],
      ],
    );
  });

  test("is never one of another route or service, or a disabled one", () => {
    const others = ["r", "s", "rs"].map((level) => scoped(level, "-other"));
    const mixed = { routeId: "route", serviceId: "service-other" };
    assert.deepEqual(chainMembers(bind([...others, mixed]), HERE), []);
    assert.deepEqual(chainMembers(bind([{ enabled: false }]), HERE), []);
    assert.deepEqual(chosen([{ ...scoped("r"), enabled: false }, scoped("")]).known, 1);
  });

  test("where there is no route is a global one", () => {
    const nowhere = { routeId: undefined, serviceId: undefined };
    const [link, ...more] = chainMembers(bind([scoped("r"), scoped("s"), scoped("")]), nowhere);
    assert.deepEqual([link?.entry, more.length], [2, 0]);
  });
});

describe("a chain", () => {
  test("holds each plugin once", () => {
    assert.equal(chainMembers(bind([scoped("r"), scoped("s"), scoped("")]), HERE).length, 1);
  });
});
