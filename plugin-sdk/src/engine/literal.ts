// AssemblyScript keeps string constants as UTF-16; C and the host want bytes.
import { SCRATCH, SCRATCH_SIZE } from "./state";

/** Writes an ASCII constant with a NUL to `at` and returns its length. */
export function writeLiteral(text: string, at: usize = SCRATCH): i32 {
  const length = text.length;
  const units = changetype<usize>(text);
  for (let i = 0; i < length; i++) store<u8>(at + i, load<u8>(units + (i << 1)));
  store<u8>(at + length, 0);
  return length;
}

/** The constant as a C string, valid until the next one. It stands at the far end of SCRATCH. */
export function cString(text: string): usize {
  const at = SCRATCH + SCRATCH_SIZE - 64;
  writeLiteral(text, at);
  return at;
}
