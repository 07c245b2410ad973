// Takes a module's initial memory out of it. Plugins built with the SDK are one engine with different memories: what
// is left of them is the same byte by byte, so it is compiled once and its machine code is shared: that saves start-up
// time and memory, and leaves one copy of the engine to compete for the processor's caches.
import { MemoryImage } from "./memory-image.ts";
import type { DataSegment } from "./memory-image.ts";
import { SectionId, readUnsigned, sections, unsigned } from "./sections.ts";

const I32_CONST = 0x41;
const END = 0x0b;

export interface SeparatedModule {
  /** The module with one page of empty memory and no custom sections, in pieces of the original. */
  readonly code: readonly Uint8Array[];
  readonly image: MemoryImage;
}

/** Undefined when the module's data is not simply copied to fixed places; it must then be taken as it is. */
export function separateData(bytes: Uint8Array): SeparatedModule | undefined {
  const code: Uint8Array[] = [bytes.subarray(0, 8)];
  let pages: number | undefined;
  let segments: DataSegment[] | undefined = [];
  for (const { id, start, bodyStart, end } of sections(bytes)) {
    switch (id) {
      case SectionId.custom:
      case SectionId.dataCount:
        break;
      case SectionId.data:
        segments = readSegments(bytes.subarray(0, end), bodyStart);
        break;
      case SectionId.memory: {
        const memory = onePageMemory(bytes, bodyStart, end);
        pages = memory?.pages;
        if (memory !== undefined) code.push(memory.section);
        break;
      }
      default:
        code.push(bytes.subarray(start, end));
    }
  }
  if (pages === undefined || segments === undefined) return undefined;
  return { code, image: new MemoryImage(pages, segments) };
}

/** Active segments of memory 0 with constant offsets; undefined when there is any other. */
function readSegments(bytes: Uint8Array, start: number): DataSegment[] | undefined {
  const count = readUnsigned(bytes, start);
  const segments: DataSegment[] = [];
  let at = count.next;
  for (let index = 0; index < count.value; index++) {
    if (bytes[at] !== 0 || bytes[at + 1] !== I32_CONST) return undefined;
    const offset = readSigned(bytes, at + 2);
    if (bytes[offset.next] !== END) return undefined;
    const length = readUnsigned(bytes, offset.next + 1);
    at = length.next + length.value;
    if (at > bytes.length) throw new Error("ends in the middle of its data");
    segments.push({ offset: offset.value >>> 0, bytes: bytes.subarray(length.next, at) });
  }
  return segments;
}

/** The memory section with a minimum of one page. */
function onePageMemory(
  bytes: Uint8Array,
  start: number,
  end: number,
): { pages: number; section: Uint8Array } | undefined {
  const count = readUnsigned(bytes, start);
  const min = readUnsigned(bytes, count.next + 1);
  if (count.value !== 1 || min.value < 1) return undefined;
  const flags = bytes[count.next] ?? 0;
  const body = [1, flags, 1, ...bytes.subarray(min.next, end)];
  return {
    pages: min.value,
    section: Uint8Array.from([SectionId.memory, ...unsigned(body.length), ...body]),
  };
}

/** Signed LEB128, 32 bits. */
function readSigned(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, shift = 0; shift < 35; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const isNegative = (byte & 0x40) !== 0 && shift + 7 < 32;
    return { value: isNegative ? value | (-1 << (shift + 7)) : value, next: at + 1 };
  }
  throw new Error("a number is malformed");
}
