import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CodeCache } from "./code-cache.ts";
import { readManifest } from "./manifest.ts";
import { PluginRefused, loadModule, manifestOf } from "./module.ts";
import type { PluginModule } from "./module.ts";
import { binary, data, guest, memory } from "./wasm.testing.ts";
import type { GuestParts } from "./wasm.testing.ts";

const MANIFEST = {
  abi: 1,
  name: "p",
  version: "1.2.3",
  priority: 900,
  phases: ["access"],
  config: { type: "object" },
};
const CALLS = "extism:host/user";

function load(bytes: Uint8Array): Promise<PluginModule> {
  return loadModule("p", bytes, new CodeCache());
}

function refused(bytes: Uint8Array, reason: RegExp): Promise<void> {
  return assert.rejects(load(bytes), (error) => {
    assert.ok(error instanceof PluginRefused, String(error));
    assert.match(error.message, /^plugin p: /);
    assert.match(error.message, reason);
    return true;
  });
}

describe("a plugin's module", () => {
  test("says what its manifest says", async () => {
    const manifest = JSON.stringify(MANIFEST);
    const module = await load(guest({ manifest, imports: [[CALLS, "random_bytes"]] }));
    assert.deepEqual([module.name, module.version, module.priority], ["p", "1.2.3", 900]);
    assert.deepEqual([...module.phases], ["access"]);
    assert.deepEqual(module.configSchema, { type: "object" });
    assert.match(module.sha256, /^[0-9a-f]{64}$/);
  });

  test("without a manifest has the phases that it exports", async () => {
    const functions = ["sluice_abi_version", "sluice_configure", "sluice_log", "sluice_access"];
    const module = await load(guest({ functions }));
    assert.deepEqual([...module.phases], ["access", "log"]);
    assert.deepEqual([module.version, module.priority, module.configSchema], ["0.0.0", 0, {}]);
  });

  test("has the hash of its file, whatever its code", async () => {
    const [one, two] = await Promise.all([
      load(guest()),
      load(guest({ manifest: JSON.stringify(MANIFEST) })),
    ]);
    assert.notEqual(one.sha256, two.sha256);
  });

  test("shares its code with another that differs in data only", async () => {
    const cache = new CodeCache();
    const one = await loadModule("a", guest({ data: data({ at: 0, bytes: [1] }) }), cache);
    const two = await loadModule("b", guest({ data: data({ at: 0, bytes: [2] }) }), cache);
    assert.equal(one.module, two.module);
    assert.notEqual(one.image, two.image);
    const same = await loadModule("d", guest({ data: data({ at: 0, bytes: [1] }) }), cache);
    assert.equal(same.image, one.image);
    const other = await loadModule("c", guest({ results: { sluice_access: 1 } }), cache);
    assert.notEqual(other.module, one.module);
  });
});

describe("a .wasm that could not work is refused when it is loaded (W4)", () => {
  const GUESTS: Readonly<Record<string, readonly [parts: GuestParts, reason: RegExp]>> = {
    "an import from elsewhere": [{ imports: [["env", "log"]] }, /imports env\.log/],
    WASI: [{ imports: [["wasi_snapshot_preview1", "fd_write"]] }, /imports wasi_snapshot_preview1/],
    "an unknown host function": [{ imports: [[CALLS, "nope"]] }, /imports extism:host\/user\.nope/],
    "a name that every object has": [{ imports: [[CALLS, "toString"]] }, /toString/],
    "no ABI version": [{ functions: ["sluice_configure", "sluice_access"] }, /sluice_abi_version/],
    "no configure": [{ functions: ["sluice_abi_version", "sluice_access"] }, /sluice_configure/],
    "no phase": [{ functions: ["sluice_abi_version", "sluice_configure"] }, /exports no phase/],
    "no memory": [{ exportsMemory: false }, /exports no memory/],
    "too much memory": [{ memory: memory(513) }, /513 pages/],
    "a phase in the manifest that it lacks": [
      { manifest: JSON.stringify({ ...MANIFEST, phases: ["access", "log"] }) },
      /no export sluice_log/,
    ],
    "a manifest that is no JSON": [{ manifest: "{" }, /cannot be read as a plugin/],
    "a manifest of another ABI": [
      { manifest: JSON.stringify({ ...MANIFEST, abi: 2 }) },
      /abi: expected 1/,
    ],
  };
  for (const [kind, [parts, reason]] of Object.entries(GUESTS)) {
    test(`for ${kind}`, () => refused(guest(parts), reason));
  }

  test("for bytes that are no module", async () => {
    await refused(new Uint8Array(), /not a WebAssembly module/);
    await refused(Buffer.from("#!/bin/sh"), /not a WebAssembly module/);
    await refused(guest().subarray(0, -3), /not a WebAssembly module/);
    await refused(binary(), /sluice_abi_version/);
  });

  test("for code that the engine does not take", () => {
    const bytes = guest();
    // The last function's `end` becomes an instruction that does not exist.
    bytes[bytes.length - 1] = 0xff;
    return refused(bytes, /not a WebAssembly module/);
  });

  test("for a file over the limit", () =>
    refused(new Uint8Array(17 * 1024 * 1024), /at most 16777216/));
});

describe("a manifest", () => {
  test("is read without compiling, and is absent where there is none", () => {
    const manifest = JSON.stringify(MANIFEST);
    assert.equal(manifestOf("p", guest({ manifest }))?.version, "1.2.3");
    assert.equal(manifestOf("p", guest()), undefined);
    assert.throws(() => manifestOf("p", Buffer.from("no")), PluginRefused);
  });

  test("that is wrong is refused with the place of the first fault", () => {
    const wrong: Readonly<Record<string, unknown>> = {
      abi: "1",
      name: 5,
      version: null,
      priority: 1.5,
      phases: ["rewrite"],
      config: [],
    };
    for (const [key, value] of Object.entries(wrong)) {
      const json = JSON.stringify({ ...MANIFEST, [key]: value });
      assert.throws(() => readManifest(json), new RegExp(`^Error: ${key}`), key);
    }
    assert.throws(() => readManifest("null"));
    assert.throws(() => readManifest("[]"));
  });
});
