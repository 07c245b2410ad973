// What a .wasm says of itself, whatever it is.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { IMPORT_NAMESPACE } from "../abi.ts";
import { buildPlugin } from "./build-plugin.ts";
import { inspectPlugin } from "./inspect-plugin.ts";
import { withManifest } from "./manifest.ts";
import { concat, SectionId, u32, vector, wasmName, writeSections } from "./wasm-binary.ts";

const SOURCE = `import { definePlugin, s } from "@sluice/plugin-sdk";
export default definePlugin({
  name: "seen", version: "1.2.3", priority: 7, capabilities: ["fetch", "store:common"],
  config: s.object({ limit: s.integer().default(3) }),
  onRequest() {}, onLog() {},
});
`;

let dir: string;
let wasm: Uint8Array<ArrayBuffer>;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-inspect-"));
  await writeFile(join(dir, "plugin.ts"), SOURCE);
  const options = { entry: join(dir, "plugin.ts"), check: false, maxMemoryPages: 64 };
  const result = await buildPlugin(options);
  assert.equal(result.kind, "built");
  if (result.kind === "built") ({ wasm } = result);
});
after(() => rm(dir, { recursive: true, force: true }));

interface Parts {
  readonly imports?: readonly (readonly [module: string, name: string])[];
  readonly exports?: readonly string[];
}

/** A module with functions `() -> i32` only. */
function moduleWith({ imports = [], exports = [] }: Parts): Uint8Array<ArrayBuffer> {
  const type = Uint8Array.of(0x60, 0, 1, 0x7f);
  const functionImports = imports.map(([module, name]) =>
    concat([wasmName(module), wasmName(name), Uint8Array.of(0, 0)]),
  );
  const body = Uint8Array.of(4, 0, 0x41, 0, 0x0b);
  return writeSections([
    { id: SectionId.type, body: vector([type]) },
    { id: SectionId.import, body: vector(functionImports) },
    { id: SectionId.function, body: vector([u32(0)]) },
    {
      id: SectionId.export,
      body: vector(
        exports.map((of) => concat([wasmName(of), Uint8Array.of(0), u32(imports.length)])),
      ),
    },
    { id: SectionId.code, body: vector([body]) },
  ]);
}

describe("inspecting", () => {
  test("a plugin tells what it is and asks for", () => {
    const inspection = inspectPlugin(wasm);
    assert.equal(inspection.kind, "plugin");
    assert.deepEqual(inspection.faults, []);
    assert.equal(inspection.size, wasm.length);
    assert.match(inspection.sha256, /^[0-9a-f]{64}$/);
    const { name, version, abi, priority, phases, capabilities } = inspection.manifest ?? {};
    assert.deepEqual([name, version, abi, priority], ["seen", "1.2.3", 1, 7]);
    assert.deepEqual(phases, ["access", "log"]);
    assert.deepEqual(capabilities, ["fetch", "store:common"]);
    assert.ok(inspection.exports.includes("sluice_log"));
    assert.ok(inspection.imports.includes("field_get"));
    assert.equal(inspection.memory?.max, 64 * 65_536);
    assert.equal((inspection.memory?.initial ?? 0) % 65_536, 0);
    assert.equal(inspection.hasSourceMap, true);
  });

  test("a plain Extism plugin says that it is one, and what it could not have", () => {
    const input = ["extism:host/env", "input_length"] as const;
    const extism = inspectPlugin(moduleWith({ imports: [input], exports: ["access"] }));
    assert.equal(extism.kind, "extism");
    assert.deepEqual(extism.faults, []);
    assert.deepEqual(extism.imports, ["extism:host/env.input_length"]);
    const wasi = ["wasi_snapshot_preview1", "fd_write"] as const;
    const refused = inspectPlugin(moduleWith({ imports: [input, wasi], exports: ["run"] }));
    assert.deepEqual(refused.faults, [
      "imports wasi_snapshot_preview1.fd_write, which Extism plugins do not have here",
      "exports none of access, header_filter, log",
    ]);
  });

  test("a plugin with faults lists each", () => {
    const broken = moduleWith({
      imports: [
        [IMPORT_NAMESPACE, "no_such"],
        ["wasi_snapshot_preview1", "fd_write"],
      ],
      exports: ["sluice_abi_version"],
    });
    const manifest = {
      abi: 2,
      name: "broken",
      version: "1.0.0",
      priority: 1,
      phases: ["access"],
      config: {},
    } as const;
    const { kind, faults } = inspectPlugin(withManifest(broken, manifest));
    assert.equal(kind, "plugin");
    assert.deepEqual(faults, [
      "speaks ABI 2, this gateway speaks 1",
      "imports extism:host/user.no_such, which is no function of the ABI",
      "imports wasi_snapshot_preview1.fd_write, which is no function of the ABI",
      "exports no function sluice_configure",
      "exports no function sluice_access",
      "exports no memory",
      "has no phase",
    ]);
  });

  test("anything else says what it is", () => {
    assert.equal(inspectPlugin(moduleWith({ exports: ["main"] })).kind, "module");
    const broken = inspectPlugin(wasm.slice(0, 5000));
    assert.equal(broken.kind, "broken");
    assert.match(broken.faults[0] ?? "", /no WebAssembly module/);
    assert.equal(inspectPlugin(new Uint8Array()).kind, "broken");
  });
});
