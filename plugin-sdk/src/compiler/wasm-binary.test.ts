// Numbers, sections and memory images of the binary format.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  customSection,
  customSections,
  readSections,
  s32,
  SectionId,
  u32,
  WasmReader,
  writeSections,
} from "./wasm-binary.ts";
import { withMemoryImage } from "./wasm-rewrite.ts";

test("writes unsigned numbers that it reads back", () => {
  for (const value of [0, 1, 127, 128, 16_383, 16_384, 0x7fff_ffff, 0xffff_ffff]) {
    assert.equal(new WasmReader(u32(value)).u32(), value);
  }
});

test("writes signed numbers as the specification's examples do", () => {
  assert.deepEqual([...s32(-123_456)], [0xc0, 0xbb, 0x78]);
  assert.deepEqual([...s32(64)], [0xc0, 0x00]);
  assert.deepEqual([...s32(-64)], [0x40]);
  assert.deepEqual([...s32(0)], [0x00]);
});

test("finds custom sections by name", () => {
  const wasm = writeSections([
    customSection("a", Uint8Array.of(1)),
    customSection("b", Uint8Array.of(2)),
    customSection("a", Uint8Array.of(3)),
  ]);
  assert.deepEqual(customSections(wasm, "a"), [Uint8Array.of(1), Uint8Array.of(3)]);
  assert.deepEqual(customSections(wasm, "c"), []);
});

test("refuses what is no module or is cut off", () => {
  assert.throws(() => readSections(Uint8Array.of(1, 2, 3)), RangeError);
  const wasm = writeSections([customSection("a", Uint8Array.of(1, 2, 3))]);
  assert.throws(() => readSections(wasm.subarray(0, -1)), RangeError);
});

test("an instance starts with exactly the memory of the image", () => {
  const image = new Uint8Array(2 * 65_536);
  // A long gap, a short gap, and both ends.
  for (const address of [0, 40, 41, 70_000, 70_020, image.length - 1]) image[address] = 7;
  const exported = Uint8Array.of(1, 3, 0x6d, 0x65, 0x6d, 2, 0);
  const bare = writeSections([
    { id: SectionId.memory, body: Uint8Array.of(1, 0, 1) },
    { id: SectionId.export, body: exported },
    { id: SectionId.data, body: Uint8Array.of(0) },
  ]);
  const module = new WebAssembly.Module(writeSections(withMemoryImage(bare, image, 3)));
  const memory = new WebAssembly.Instance(module).exports["mem"] as WebAssembly.Memory; // Kind 2.
  assert.equal(Buffer.compare(Buffer.from(memory.buffer), image), 0);
  assert.throws(() => memory.grow(2), RangeError);
});
