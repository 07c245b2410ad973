// What `throw`, failed assertions and memory that has run out come to. It runs when nothing can be relied on, so it
// allocates nothing and needs no other module's variables.
import { fail } from "../src/engine/host";

const MAX_CHARACTERS: i32 = 300;

/** Tells the gateway why, and ends the call; the instance is replaced. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const start = memory.data(2048);
  let end = append(start, message === null ? "aborted" : message);
  end = append(end, "\n    at ");
  end = append(end, file === null ? "unknown" : file);
  end = appendNumber(end, line);
  end = appendNumber(end, column);
  fail(start, <i32>(end - start));
  unreachable();
}

function append(at: usize, text: string): usize {
  const length = min(text.length, MAX_CHARACTERS);
  return at + String.UTF8.encodeUnsafe(changetype<usize>(text), length, at);
}

/** A colon and the number. */
function appendNumber(at: usize, value: u32): usize {
  store<u8>(at++, 0x3a);
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) store<u8>(at++, <u8>(0x30 + ((value / divisor) % 10)));
  return at;
}
