// Instructions with more behind their opcode than one number, which all go on to the next one.
import type { Cursor } from "./cursor.ts";
import { EditKind } from "./function-plan.ts";
import type { Edits } from "./function-plan.ts";
import { readMemoryIndex, readVector } from "./immediates.ts";
import { readValueType } from "./index-spaces.ts";
import type { IndexSpaces } from "./index-spaces.ts";
import { BulkOp, Op } from "./opcodes.ts";

/** Reads what follows the opcode, and adds the edits that it needs. */
export function readSpecial(
  opcode: number,
  cursor: Cursor,
  spaces: IndexSpaces,
  edits: Edits,
): void {
  switch (opcode) {
    case Op.f32Const:
      return cursor.skip(4);
    case Op.f64Const:
      return cursor.skip(8);
    case Op.vector:
      return readVector(cursor);
    case Op.bulk:
      return readBulk(cursor, spaces, edits);
    case Op.memoryGrow:
      edits.insert(EditKind.clock, cursor.at - 1);
      return readMemoryIndex(cursor);
    case Op.memorySize:
      return readMemoryIndex(cursor);
    case Op.refNull:
      return readValueType(cursor);
    case Op.refFunc:
      spaces.function(cursor.u32());
      return;
    case Op.selectTyped:
      for (let types = cursor.u32(); types > 0; types--) readValueType(cursor);
  }
}

function readBulk(cursor: Cursor, spaces: IndexSpaces, edits: Edits): void {
  const start = cursor.at - 1;
  const operation = cursor.u32();
  switch (operation) {
    case BulkOp.memoryInit:
    case BulkOp.memoryCopy:
      edits.insert(EditKind.bytes, start);
      // The first number of memory.init is the data segment's.
      if (operation === BulkOp.memoryInit) cursor.u32();
      else readMemoryIndex(cursor);
      return readMemoryIndex(cursor);
    case BulkOp.memoryFill:
      edits.insert(EditKind.bytes, start);
      return readMemoryIndex(cursor);
    case BulkOp.tableInit:
    case BulkOp.tableCopy:
      edits.insert(EditKind.entries, start);
      // The first number of table.init is the element segment's.
      if (operation === BulkOp.tableInit) cursor.u32();
      else spaces.table(cursor.u32());
      spaces.table(cursor.u32());
      return;
    case BulkOp.tableFill:
    case BulkOp.tableGrow:
      edits.insert(operation === BulkOp.tableGrow ? EditKind.clock : EditKind.entries, start);
      spaces.table(cursor.u32());
      return;
    case BulkOp.tableSize:
      spaces.table(cursor.u32());
      return;
    case BulkOp.dataDrop:
    case BulkOp.elemDrop:
      cursor.u32();
      return;
    default:
      // Up to 7 are the saturating conversions of floats.
      if (operation > 7) throw new Error(`instruction 0xfc ${operation} is not allowed`);
  }
}
