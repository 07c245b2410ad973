// Tables are memory too: 8 to 24 bytes an entry, which a module may ask for by the million.
import type { Cursor, Output } from "./cursor.ts";
import { readValueType } from "./index-spaces.ts";
import type { IndexSpaces } from "./index-spaces.ts";

/** Entries of one table; QuickJS has 600. */
const MAX_ENTRIES = 100_000;
/** Compilers make one, or one for each kind of reference. */
const MAX_TABLES = 8;

const FUNCREF = 0x70;

/** Writes the body of the table section: the guest's own with a maximum each, and the one of metering. */
export function writeTables(cursor: Cursor | undefined, spaces: IndexSpaces, out: Output): void {
  const count = cursor?.u32() ?? 0;
  if (count > MAX_TABLES) throw new Error(`${count} tables, expected at most ${MAX_TABLES}`);
  out.u32(count + 1);
  for (let left = count; cursor !== undefined && left > 0; left--) {
    const start = cursor.at;
    readValueType(cursor);
    out.copy(cursor.bytes, start, cursor.at);
    const flags = cursor.byte();
    if (flags > 1) throw new Error("a shared or 64-bit table is not allowed");
    const min = cursor.u32();
    if (min > MAX_ENTRIES) {
      throw new Error(`a table of ${min} entries, expected at most ${MAX_ENTRIES}`);
    }
    const max = flags === 1 ? Math.min(cursor.u32(), MAX_ENTRIES) : MAX_ENTRIES;
    out.byte(1);
    out.u32(min);
    out.u32(max);
    spaces.tables++;
  }
  for (const value of [FUNCREF, 1, 1, 1]) out.byte(value);
}
