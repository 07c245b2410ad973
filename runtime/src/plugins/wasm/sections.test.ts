import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limitMemory } from "./limit-memory.ts";
import { customSection, readUnsigned, sections, unsigned } from "./sections.ts";
import { separateData } from "./separate-data.ts";
import { Id, binary, custom, data, guest, memory, section } from "./wasm.testing.ts";

/** What the engine says of how far the memory of a module may grow, by growing it. */
async function pagesReached(bytes: Uint8Array): Promise<number> {
  const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
  const linear = instance.exports["memory"];
  assert.ok(linear instanceof WebAssembly.Memory);
  let pages = linear.buffer.byteLength / 65_536;
  for (; pages < 200; pages++) {
    try {
      linear.grow(1);
    } catch {
      break;
    }
  }
  return pages;
}

describe("the sections of a binary", () => {
  test("are found with their places", () => {
    const bytes = binary(section(1, [9, 9]), custom("a", "x"));
    const found = [...sections(bytes)];
    assert.deepEqual(
      found.map(({ id }) => id),
      [1, 0],
    );
    assert.deepEqual([...bytes.subarray(found[0]?.bodyStart, found[0]?.end)], [9, 9]);
    assert.equal(found[1]?.end, bytes.length);
  });

  test("of what is no binary are refused (W4)", () => {
    const bytes = binary(section(1, [9, 9, 9]));
    const wrong = [
      new Uint8Array(),
      Buffer.from("not wasm at all"),
      bytes.subarray(0, 5),
      bytes.subarray(0, -1),
      bytes.subarray(0, 9),
      Uint8Array.from([...binary(), 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
      Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
    ];
    for (const each of wrong) assert.throws(() => [...sections(each)], Error, String(each));
  });

  test("named by their author are found by name", () => {
    const bytes = binary(custom("other", "o"), section(1, [0]), custom("sluice", "{}"));
    assert.equal(Buffer.from(customSection(bytes, "sluice") ?? []).toString(), "{}");
    assert.equal(customSection(bytes, "slu"), undefined);
    assert.throws(() => customSection(binary(section(0, [50, 0x61])), "a"), /name is malformed/);
  });

  test("have numbers of any length", () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 65_536, 0xffff_ffff]) {
      const bytes = Uint8Array.from([7, ...unsigned(value)]);
      assert.deepEqual(readUnsigned(bytes, 1), { value, next: bytes.length });
    }
    assert.throws(() => readUnsigned(Uint8Array.from([0x80]), 0));
  });
});

describe("the limit on a module's memory (W2, F5)", () => {
  test("holds for a memory that states none, a higher one, and a lower one", async () => {
    assert.equal(await pagesReached(limitMemory(guest({ memory: memory(2) }), 5)), 5);
    assert.equal(await pagesReached(limitMemory(guest({ memory: memory(2, 200) }), 5)), 5);
    assert.equal(await pagesReached(limitMemory(guest({ memory: memory(2, 3) }), 5)), 3);
  });

  test("refuses a module that starts with more", () => {
    assert.throws(() => limitMemory(guest({ memory: memory(6) }), 5), /starts with 6 pages/);
  });

  test("refuses memories that it cannot limit", () => {
    for (const flags of [2, 3, 4, 5, 8]) {
      const odd = section(Id.memory, [1, flags, 1, 1]);
      assert.throws(() => limitMemory(binary(odd), 5), /not allowed/);
    }
    assert.throws(() => limitMemory(binary(section(Id.memory, [2, 0, 1, 0, 1])), 5), /2 memories/);
  });

  test("refuses a start section: it would run before there is a limit (W1)", () => {
    assert.throws(() => limitMemory(binary(section(Id.start, [0])), 5), /start section/);
  });
});

describe("a module's data", () => {
  test("is taken out, and the code left is the same for modules that differ in data only", () => {
    const one = separateData(guest({ data: data({ at: 3, bytes: [1, 2] }), manifest: "one" }));
    const two = separateData(guest({ data: data({ at: 9, bytes: [7] }), memory: memory(2) }));
    assert.ok(one !== undefined && two !== undefined);
    const linear = new WebAssembly.Memory({ initial: 1 });
    one.image.fill(linear);
    assert.deepEqual([...new Uint8Array(linear.buffer, 2, 4)], [0, 1, 2, 0]);
    two.image.fill(linear);
    assert.equal(linear.buffer.byteLength, 2 * 65_536);
    assert.equal(new Uint8Array(linear.buffer)[9], 7);
    const code = Buffer.concat(one.code);
    assert.ok(code.equals(Buffer.concat(two.code)));
    assert.equal(WebAssembly.validate(code), true);
  });

  test("stays where it is not simply copied to a fixed place", () => {
    const passive = section(Id.data, [1, 1, 1, 0xaa]);
    const computed = section(Id.data, [1, 0, 0x23, 0, 0x0b, 1, 0xaa]);
    assert.equal(separateData(guest({ data: passive })), undefined);
    assert.equal(separateData(guest({ data: computed })), undefined);
  });

  test("that claims to be longer than it is is refused (W4)", () => {
    const lies = section(Id.data, [1, 0, 0x41, 0, 0x0b, 100, 0xaa]);
    assert.throws(() => separateData(guest({ data: lies })), /in the middle/);
  });
});
