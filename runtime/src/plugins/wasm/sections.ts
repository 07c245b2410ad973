// The sections of a WebAssembly binary (core specification §5.5), read without compiling it.

const HEADER_BYTES = 8;
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Numbers of the sections. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export interface Section {
  readonly id: number;
  /** Of the id byte. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** Throws an Error that says what is malformed. */
export function* sections(bytes: Uint8Array): Generator<Section> {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw new Error("does not start like a WebAssembly module of version 1");
  }
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const size = readUnsigned(bytes, at + 1);
    const end = size.next + size.value;
    if (end > bytes.length) throw new Error("ends in the middle of a section");
    yield { id: bytes[at] ?? 0, start: at, bodyStart: size.next, end };
    at = end;
  }
}

/** Content of the custom section with this name, or undefined. */
export function customSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  for (const section of sections(bytes)) {
    if (section.id !== SectionId.custom) continue;
    const length = readUnsigned(bytes, section.bodyStart);
    const nameEnd = length.next + length.value;
    if (nameEnd > section.end) throw new Error("a custom section's name is malformed");
    const found = new TextDecoder().decode(bytes.subarray(length.next, nameEnd));
    if (found === name) return bytes.subarray(nameEnd, section.end);
  }
  return undefined;
}

export interface Unsigned {
  readonly value: number;
  readonly next: number;
}

/** LEB128, 32 bits. */
export function readUnsigned(bytes: Uint8Array, start: number): Unsigned {
  let value = 0;
  for (let at = start, shift = 0; shift < 35; at++, shift += 7) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new Error("a number is malformed");
}

export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 0x80))];
}
