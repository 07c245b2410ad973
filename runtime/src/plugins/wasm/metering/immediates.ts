// What follows the opcodes of memory and vector instructions.
import type { Cursor } from "./cursor.ts";

/** In the alignment's number: the index of a memory follows. */
const HAS_MEMORY_INDEX = 0x40;

export function readMemoryArgument(cursor: Cursor): void {
  if (cursor.u32() >= HAS_MEMORY_INDEX) throw new Error("a second memory is not allowed");
  cursor.u32();
}

export function readMemoryIndex(cursor: Cursor): void {
  if (cursor.u32() !== 0) throw new Error("a second memory is not allowed");
}

/** The rest of an instruction that begins with 0xfd. */
export function readVector(cursor: Cursor): void {
  const operation = cursor.u32();
  // v128.load to v128.store.
  if (operation <= 11) return readMemoryArgument(cursor);
  // v128.const, i8x16.shuffle.
  if (operation <= 13) return cursor.skip(16);
  // i8x16.extract_lane_s to f64x2.replace_lane.
  if (operation >= 21 && operation <= 34) return cursor.skip(1);
  // v128.load8_lane to v128.store64_lane.
  if (operation >= 84 && operation <= 91) {
    readMemoryArgument(cursor);
    return cursor.skip(1);
  }
  // v128.load32_zero, v128.load64_zero.
  if (operation === 92 || operation === 93) return readMemoryArgument(cursor);
  // Up to here are the relaxed instructions; what comes behind them is not known.
  if (operation > 0x113) {
    throw new Error(`vector instruction 0x${operation.toString(16)} is not allowed`);
  }
}
