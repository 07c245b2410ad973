import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { PluginOrdering } from "../config/model.ts";
import { orderChain } from "./order.ts";
import type { OrderedChain } from "./order.ts";
import { RecordingPlugin, entryOf } from "./plugin.testing.ts";
import type { ChainMember } from "./scope.ts";

interface MemberParts extends Partial<PluginOrdering> {
  readonly priority?: number;
  readonly phases?: readonly Phase[];
}

function membersOf(all: Readonly<Record<string, MemberParts>>): ChainMember[] {
  return Object.entries(all).map(([name, { before = [], after = [], ...plugin }], index) => ({
    plugin: new RecordingPlugin(name, plugin),
    config: entryOf(name, {
      ordering: { before, after },
      source: { path: `plugins[${index}]`, line: index + 2, column: 3 },
    }),
    entry: 0,
    byConsumer: undefined,
  }));
}

function chainOf(
  all: Readonly<Record<string, MemberParts>>,
  names?: readonly string[],
): OrderedChain {
  const explicit = names === undefined ? undefined : { names, path: "routes[0].plugin_order" };
  return orderChain(membersOf(all), explicit);
}

/** The names in their order, whatever the order of the entries. */
function orderOf(all: Readonly<Record<string, MemberParts>>, names?: readonly string[]): string[] {
  const reversed = Object.fromEntries(Object.entries(all).toReversed());
  const [order, other] = [all, reversed].map((each) => {
    const { members, faults } = chainOf(each, names);
    assert.deepEqual(faults, []);
    return members.map(({ plugin }) => plugin.name);
  });
  assert.deepEqual(order, other);
  return order ?? [];
}

function faultsOf(all: Readonly<Record<string, MemberParts>>, names?: readonly string[]): string[] {
  return chainOf(all, names).faults.map(({ message, source }) => `${source.line}: ${message}`);
}

describe("the order of a chain", () => {
  test("is that of the priorities", () => {
    const all = { low: { priority: -5 }, first: { priority: 2000 }, mid: { priority: 10 } };
    assert.deepEqual(orderOf(all), ["first", "mid", "low"]);
  });

  test("moves a plugin up that says what it runs before", () => {
    const auth = { priority: 1250 };
    const between = { priority: 1000 };
    const limits = { priority: 910, before: ["auth"] };
    assert.deepEqual(orderOf({ auth, between, limits }), ["limits", "auth", "between"]);
  });

  test("moves a plugin down that says what it runs after", () => {
    const auth = { priority: 1250, after: ["limits"] };
    const between = { priority: 1000 };
    const limits = { priority: 910 };
    assert.deepEqual(orderOf({ auth, between, limits }), ["between", "limits", "auth"]);
  });

  test("moves a plugin up that runs before one that moved up itself", () => {
    const all = {
      top: { priority: 30 },
      other: { priority: 20 },
      mover: { priority: 10, before: ["top"] },
      first: { priority: 5, before: ["mover"] },
    };
    assert.deepEqual(orderOf(all), ["first", "mover", "top", "other"]);
  });

  test("passes over what names plugins that the chain does not have", () => {
    const all = { a: { priority: 2, after: ["absent"] }, b: { priority: 1, before: ["absent"] } };
    assert.deepEqual(orderOf(all), ["a", "b"]);
    assert.deepEqual(orderOf(all, ["absent", "b"]), ["b", "a"]);
  });

  test("starts with the route's own, and goes on by priority", () => {
    const all = { a: { priority: 4 }, b: { priority: 3 }, c: { priority: 2 }, d: { priority: 1 } };
    assert.deepEqual(orderOf(all, ["d", "b"]), ["d", "b", "a", "c"]);
  });

  test("of plugins with one priority is what anything says of it", () => {
    assert.deepEqual(orderOf({ b: {}, a: { after: ["b"] } }), ["b", "a"]);
    assert.deepEqual(orderOf({ b: { before: ["a"] }, a: {} }), ["b", "a"]);
    assert.deepEqual(orderOf({ a: {}, b: {} }, ["b", "a"]), ["b", "a"]);
    assert.deepEqual(orderOf({ a: {}, b: {} }, ["b"]), ["b", "a"]);
    const chained = { c: { before: ["b"] }, b: { before: ["a"] }, a: {} };
    assert.deepEqual(orderOf(chained), ["c", "b", "a"]);
  });

  test("of plugins with one priority does not matter when they share no phase", () => {
    const faults = faultsOf({ a: { phases: ["access"] }, b: { phases: ["header_filter", "log"] } });
    assert.deepEqual(faults, []);
  });
});

describe("a chain without an order", () => {
  test("has plugins of one priority that nothing tells apart", () => {
    assert.deepEqual(faultsOf({ a: { priority: 7 }, other: { priority: 8 }, b: { priority: 7 } }), [
      '4: the plugins "a" (plugins[0]) and "b" (plugins[2]) have the same priority, 7, and nothing says which ' +
        "runs first: say so in the route's plugin_order, or with ordering in one of the entries",
    ]);
  });

  test("names all plugins of one priority at once", () => {
    const faults = faultsOf({ c: {}, a: {}, b: {} });
    assert.equal(faults.length, 1);
    for (const name of ["a", "b", "c"]) assert.match(faults[0] ?? "", new RegExp(`"${name}"`));
  });

  test("has plugins that the ones listed leave tied", () => {
    assert.equal(faultsOf({ a: {}, b: {}, c: {} }, ["c"]).length, 1);
  });

  test("goes round in a circle", () => {
    const all = {
      a: { priority: 3, after: ["c"] },
      b: { priority: 2, after: ["a"] },
      c: { priority: 1, after: ["b"] },
      aside: { priority: 9 },
    };
    assert.deepEqual(faultsOf(all), [
      '4: the plugins have no order: "c" (plugins[2]) before "a" (plugins[0]) by plugins[0].ordering, ' +
        '"b" (plugins[1]) before "c" (plugins[2]) by plugins[2].ordering, ' +
        '"a" (plugins[0]) before "b" (plugins[1]) by plugins[1].ordering',
    ]);
  });

  test("has an entry that contradicts the route", () => {
    const all = { a: { priority: 2, before: ["b"] }, b: { priority: 1 } };
    assert.deepEqual(faultsOf(all, ["b", "a"]), [
      '3: the plugins have no order: "b" (plugins[1]) before "a" (plugins[0]) by routes[0].plugin_order, ' +
        '"a" (plugins[0]) before "b" (plugins[1]) by plugins[0].ordering',
    ]);
  });
});
