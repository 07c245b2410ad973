// Rewrites of single sections: who is imported, how large the table is, what is exported, what memory holds.
import {
  concat,
  readSections,
  s32,
  type Section,
  SectionId,
  sectionOf,
  u32,
  vector,
  wasmName,
  WasmReader,
  writeSections,
} from "./wasm-binary.ts";

export interface ImportName {
  readonly module: string;
  readonly name: string;
}

/** Gives every import the name that `rename` returns for it. */
export function renameImports(
  wasm: Uint8Array,
  rename: (name: ImportName) => ImportName,
): Uint8Array {
  return replaceSection(wasm, SectionId.import, (body) => {
    const reader = new WasmReader(body);
    const items = Array.from({ length: reader.u32() }, () => {
      const { module, name } = rename({ module: reader.name(), name: reader.name() });
      return concat([wasmName(module), wasmName(name), readImportType(reader)]);
    });
    return vector(items);
  });
}

function readImportType(reader: WasmReader): Uint8Array {
  const kind = reader.byte();
  switch (kind) {
    case 0:
      return concat([Uint8Array.of(kind), u32(reader.u32())]);
    case 1:
      return concat([Uint8Array.of(kind, reader.byte()), readLimits(reader)]);
    case 2:
      return concat([Uint8Array.of(kind), readLimits(reader)]);
    case 3:
      return concat([Uint8Array.of(kind), reader.bytes(2)]);
    default:
      throw new RangeError(`unknown kind of import ${kind}`);
  }
}

function readLimits(reader: WasmReader): Uint8Array {
  const flags = reader.byte();
  const minimum = u32(reader.u32());
  return concat([Uint8Array.of(flags), minimum, (flags & 1) === 0 ? empty : u32(reader.u32())]);
}

const empty = new Uint8Array(0);

/** Size of the module's only table. */
export function tableSize(wasm: Uint8Array): number {
  const reader = new WasmReader(sectionOf(readSections(wasm), SectionId.table).body);
  if (reader.u32() !== 1) throw new RangeError("the module has more than one table");
  reader.bytes(2);
  return reader.u32();
}

/** Makes room for `size` functions in the only table. */
export function resizeTable(wasm: Uint8Array, size: number): Uint8Array {
  const FUNCREF = 0x70;
  const table = concat([Uint8Array.of(FUNCREF, 0x00), u32(size)]);
  return replaceSection(wasm, SectionId.table, () => vector([table]));
}

/** Drops all exports but those named. */
export function keepExports(wasm: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  return replaceSection(wasm, SectionId.export, (body) => {
    const reader = new WasmReader(body);
    const items = Array.from({ length: reader.u32() }, () => {
      const name = reader.name();
      return { name, item: concat([wasmName(name), reader.bytes(1), u32(reader.u32())]) };
    });
    return vector(items.filter(({ name }) => names.has(name)).map(({ item }) => item));
  });
}

/** Keeps the memory's initial size and gives it a maximum. */
export function limitMemory(wasm: Uint8Array, maxPages: number): Uint8Array<ArrayBuffer> {
  return replaceSection(wasm, SectionId.memory, (body) => {
    const reader = new WasmReader(body);
    // The count, which is 1, and the flags.
    reader.bytes(2);
    return memorySection(reader.u32(), maxPages);
  });
}

function memorySection(pages: number, maxPages: number): Uint8Array {
  return vector([concat([Uint8Array.of(1), u32(pages), u32(maxPages)])]);
}

function replaceSection(
  wasm: Uint8Array,
  id: number,
  replace: (body: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  return writeSections(
    readSections(wasm).map((section) =>
      section.id === id ? { id, body: replace(section.body) } : section,
    ),
  );
}

/** Makes `memory` the module's initial memory, with a maximum; custom sections are dropped. */
export function withMemoryImage(wasm: Uint8Array, memory: Uint8Array, maxPages: number): Section[] {
  const pages = memory.length / 65_536;
  const runs = nonZeroRuns(memory);
  const data = runs.map(([start, end]) =>
    // Segment of kind 0 at the constant address `start`: i32.const start, end.
    concat([
      Uint8Array.of(0x00, 0x41),
      s32(start),
      Uint8Array.of(0x0b),
      u32(end - start),
      memory.subarray(start, end),
    ]),
  );
  return readSections(wasm).flatMap((section) => {
    switch (section.id) {
      case SectionId.custom:
        return [];
      case SectionId.memory:
        return [{ id: section.id, body: memorySection(pages, maxPages) }];
      case SectionId.dataCount:
        return [{ id: section.id, body: u32(runs.length) }];
      case SectionId.data:
        return [{ id: section.id, body: vector(data) }];
      default:
        return [section];
    }
  });
}

/** A gap shorter than this costs less as zeros than as a segment of its own. */
const MIN_GAP_BYTES = 16;

/** The stretches of memory that are not zero, as [start, end). */
function nonZeroRuns(memory: Uint8Array): [number, number][] {
  const runs: [number, number][] = [];
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length >> 3);
  let start = -1;
  let end = -1;
  for (let word = 0; word < words.length; word++) {
    if (words[word] === 0n) continue;
    const address = word * 8;
    if (start === -1) {
      start = address;
    } else if (address - end >= MIN_GAP_BYTES) {
      runs.push([start, end]);
      start = address;
    }
    end = address + 8;
  }
  if (start !== -1) runs.push([start, end]);
  return runs;
}
