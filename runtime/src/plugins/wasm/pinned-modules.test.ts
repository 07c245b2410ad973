import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SuppliedModule } from "../supply/module-supply.ts";
import { sha256Of } from "../supply/trusted-keys.ts";
import type { PluginSource } from "./library.ts";
import { PluginRefused } from "./module.ts";
import { PinnedModules } from "./pinned-modules.ts";
import { guest } from "./wasm.testing.ts";

function moduleOf(version: string): SuppliedModule {
  const config = { title: version };
  const manifest = { abi: 1, name: "p", version, priority: 1, phases: ["access"], config };
  const bytes = guest({ manifest: JSON.stringify(manifest) });
  return { bytes, sha256: sha256Of(bytes) };
}

const asked: string[] = [];
const BASE: PluginSource = {
  names: () => ["p", "q"],
  schema: (name) => ({ title: `${name} of the folder` }),
  module: (name) => Promise.reject(new PluginRefused(name, "of the folder")),
  isAbsent: () => false,
  isBundled: () => true,
  accept: (name) => asked.push(`accept ${name}`),
  refuse: (name) => asked.push(`refuse ${name}`),
};

describe("pinned modules", () => {
  test("hide files of the same name, and are not bundled", async () => {
    const source = await new PinnedModules().over(BASE, new Map([["p", moduleOf("1.0.0")]]));
    assert.deepEqual(source.names(), ["p", "q"]);
    assert.deepEqual(source.schema("p"), { title: "1.0.0" });
    assert.equal((await source.module("p")).version, "1.0.0");
    assert.equal(source.isBundled("p"), false);
    for (const name of ["p", "q"]) {
      source.accept(name);
      source.refuse(name);
    }
    assert.deepEqual(asked, ["accept q", "refuse q"]);
  });

  test("leave the other plugins as they are", async () => {
    const source = await new PinnedModules().over(BASE, new Map([["p", moduleOf("1.0.0")]]));
    assert.deepEqual(source.schema("q"), { title: "q of the folder" });
    assert.ok(source.isBundled("q"));
    await assert.rejects(source.module("q"), /of the folder/);
  });

  test("are compiled once while configs pin them", async () => {
    const pinned = new PinnedModules();
    const modules = new Map([["p", moduleOf("1.0.0")]]);
    const first = await (await pinned.over(BASE, modules)).module("p");
    assert.equal(await (await pinned.over(BASE, modules)).module("p"), first);
    assert.equal(await pinned.load("p", moduleOf("1.0.0")), first);
    await pinned.over(BASE, new Map([["p", moduleOf("2.0.0")]]));
    assert.notEqual(await (await pinned.over(BASE, modules)).module("p"), first);
  });

  test("that are absent take any config and never run", async () => {
    const source = await new PinnedModules().over(BASE, new Map([["p", undefined]]));
    assert.deepEqual([source.isAbsent("p"), source.isAbsent("q")], [true, false]);
    assert.deepEqual(source.schema("p"), {});
    await assert.rejects(source.module("p"), PluginRefused);
  });

  test("W4 that could not work are refused", async () => {
    const bytes = Uint8Array.from(Buffer.from("no module"));
    const broken = { bytes, sha256: sha256Of(bytes) };
    await assert.rejects(new PinnedModules().load("p", broken), PluginRefused);
  });
});
