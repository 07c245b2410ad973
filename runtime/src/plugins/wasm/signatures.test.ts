import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HOST_FUNCTIONS } from "@sluice/plugin-sdk/abi";
import { CodeCache } from "./code-cache.ts";
import { loadModule } from "./module.ts";
import { abiSignature, isPhaseSignature, signaturesOf } from "./signatures.ts";
import { Id, binary, guest, memory, section, text } from "./wasm.testing.ts";

const CALLS = "extism:host/user";

describe("signatures", () => {
  test("of a module's functions are read with their names", () => {
    const { imports, exports } = signaturesOf(guest({ imports: [[CALLS, "random_bytes"]] }));
    assert.deepEqual([...imports], [[`${CALLS}.random_bytes`, "(i32, i32) -> (i32)"]]);
    assert.equal(exports.get("sluice_access"), "(i32, i32) -> (i32)");
    assert.equal(exports.has("memory"), false);
  });

  test("of the ABI are written in the same way", () => {
    assert.equal(abiSignature(HOST_FUNCTIONS.number_set), "(i32, i32, f64) -> (i32)");
    assert.equal(abiSignature(HOST_FUNCTIONS.log), "(i32, i32, i32) -> ()");
    assert.equal(abiSignature(HOST_FUNCTIONS.now_ms), "() -> (f64)");
  });

  test("of phases are numbers of 32 bits", () => {
    assert.ok(isPhaseSignature("() -> (i32)"));
    assert.ok(isPhaseSignature("(i32, i32, i32, i32) -> (i32)"));
    assert.ok(!isPhaseSignature("(i64) -> (i32)"));
    assert.ok(!isPhaseSignature("(i32) -> (i32, i32)"));
    assert.ok(!isPhaseSignature("(i32) -> ()"));
  });

  test("that differ from the ABI's are refused when the module is loaded (W4)", async () => {
    const load = (bytes: Uint8Array): Promise<unknown> => loadModule("p", bytes, new CodeCache());
    await assert.rejects(
      load(guest({ imports: [[CALLS, "log"]] })),
      /imports extism:host\/user\.log as \(i32, i32\) -> \(i32\), expected \(i32, i32, i32\) -> \(\)/,
    );
    const names = ["sluice_abi_version", "sluice_configure", "sluice_access"];
    const I64 = 0x7e;
    const wide = binary(
      section(Id.type, [1, 0x60, 1, I64, 1, 0x7f]),
      section(Id.function, [3, 0, 0, 0]),
      memory(1),
      section(Id.export, [
        4,
        ...names.flatMap((name, index) => [...text(name), 0, index]),
        ...text("memory"),
        2,
        0,
      ]),
      section(Id.code, [3, ...names.flatMap(() => [4, 0, 0x41, 0, 0x0b])]),
    );
    await assert.rejects(load(wide), /exports sluice_abi_version as \(i64\) -> \(i32\)/);
  });
});
