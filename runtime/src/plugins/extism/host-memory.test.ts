import assert from "node:assert/strict";
import { test } from "node:test";
import { HostMemory } from "./host-memory.ts";

test("blocks keep their bytes, apart from each other", () => {
  const memory = new HostMemory();
  const first = memory.store(Buffer.from("first"));
  const second = memory.allocate(8);
  memory.storeWord(second, 0x0102030405060708n);
  memory.storeByte(first, 0x46);
  assert.equal(memory.block(first)?.toString(), "First");
  assert.equal(memory.loadWord(second), 0x0102030405060708n);
  assert.equal(memory.loadByte(second), 8);
  assert.equal(memory.lengthOf(second), 8);
});

test("nothing outside of the blocks can be read or written (W5)", () => {
  const memory = new HostMemory();
  const address = memory.allocate(4);
  for (const wild of [0, 7, -1, address + 64, 2 ** 40, Number.NaN]) {
    assert.throws(() => memory.loadByte(wild), RangeError, String(wild));
    assert.throws(() => memory.storeByte(wild, 1), RangeError, String(wild));
  }
  assert.throws(() => memory.loadWord(address + 60), RangeError);
  assert.throws(() => memory.storeWord(address - 1, 1n), RangeError);
});

test("all blocks together are bounded, however small or many they are (F5, F6)", () => {
  const memory = new HostMemory();
  assert.equal(memory.allocate(2 ** 32), 0);
  assert.equal(memory.allocate(-1), 0);
  assert.equal(memory.allocate(Number.NaN), 0);
  const large = memory.allocate(3 * 1024 * 1024);
  assert.notEqual(large, 0);
  assert.equal(memory.allocate(2 * 1024 * 1024), 0);
  memory.free(large);
  assert.notEqual(memory.allocate(2 * 1024 * 1024), 0);
  memory.reset();
  let count = 0;
  while (memory.allocate(0) !== 0) count++;
  assert.ok(count <= 65_536, String(count));
});

test("a call finds nothing of the one before it (F7)", () => {
  const memory = new HostMemory();
  const address = memory.store(Buffer.from("secret"));
  memory.reset();
  assert.equal(memory.block(address), undefined);
  assert.throws(() => memory.loadByte(address), RangeError);
  assert.equal(memory.allocate(6), address);
  assert.equal(memory.block(address)?.toString("hex"), "000000000000");
});

test("a block that was freed is gone, once", () => {
  const memory = new HostMemory();
  const first = memory.store(Buffer.from("one"));
  const second = memory.store(Buffer.from("two"));
  memory.free(first);
  memory.free(first);
  memory.free(12_345);
  assert.equal(memory.block(first), undefined);
  assert.equal(memory.block(second)?.toString(), "two");
});
