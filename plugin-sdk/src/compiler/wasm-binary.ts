// The WebAssembly binary format as far as the compiler rewrites it: sections, names, LEB128 numbers.
// https://webassembly.github.io/spec/core/binary/

/** Section ids of the specification. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  export: 7,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Splits a module; throws a RangeError when the bytes are no module or end too early. */
export function readSections(wasm: Uint8Array): Section[] {
  if (!HEADER.every((byte, i) => wasm[i] === byte)) throw new RangeError("not a WASM module");
  const reader = new WasmReader(wasm, HEADER.length);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    sections.push({ id, body: reader.bytes(reader.u32()) });
  }
  return sections;
}

export function writeSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [HEADER];
  for (const { id, body } of sections) parts.push(Uint8Array.of(id), u32(body.length), body);
  return concat(parts);
}

/** The section with that id; the engine has exactly one of each that the compiler asks for. */
export function sectionOf(sections: readonly Section[], id: number): Section {
  const found = sections.find((section) => section.id === id);
  if (found === undefined) throw new RangeError(`the module has no section ${id}`);
  return found;
}

export function customSection(name: string, content: Uint8Array): Section {
  return { id: SectionId.custom, body: concat([wasmName(name), content]) };
}

/** Contents of the custom sections with that name. */
export function customSections(wasm: Uint8Array, name: string): Uint8Array[] {
  const contents: Uint8Array[] = [];
  for (const { id, body } of readSections(wasm)) {
    if (id !== SectionId.custom) continue;
    const reader = new WasmReader(body);
    if (reader.name() === name) contents.push(reader.rest());
  }
  return contents;
}

/** Reads the numbers and names of one section from its start. */
export class WasmReader {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw new RangeError("the WASM module ends too early");
    return byte;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError("a number in the WASM module is too long");
  }

  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError("the WASM module ends too early");
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  name(): string {
    return text.decode(this.bytes(this.u32()));
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#offset);
  }
}

export function u32(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return Uint8Array.from(bytes);
}

/** Signed LEB128, for the operand of `i32.const`. */
export function s32(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return Uint8Array.from(bytes);
  }
}

export function wasmName(name: string): Uint8Array {
  const bytes = utf8.encode(name);
  return concat([u32(bytes.length), bytes]);
}

/** A vector: the count, then the items. */
export function vector(items: readonly Uint8Array[]): Uint8Array {
  return concat([u32(items.length), ...items]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
