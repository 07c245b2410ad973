// What a module declares: how many functions, tables, globals of its own there are. Whatever names one by its index is
// checked against these numbers, since what metering adds gets the next ones, and no guest may reach it.
import type { Cursor } from "./cursor.ts";
import { Op } from "./opcodes.ts";

/** Kinds of imports and exports. */
export const ExternalKind = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

export class IndexSpaces {
  /** Parameters of each type. */
  readonly parameters: number[] = [];
  /** Type of each function that is not imported. */
  readonly functionTypes: number[] = [];
  importedFunctions = 0;
  tables = 0;
  globals = 0;

  get functions(): number {
    return this.importedFunctions + this.functionTypes.length;
  }

  readTypes(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      const form = cursor.byte();
      // Recursive groups, structs, arrays and subtypes have other forms.
      if (form !== FUNCTION_FORM)
        throw new Error(`type form 0x${form.toString(16)} is not allowed`);
      const parameters = cursor.u32();
      for (let index = 0; index < parameters; index++) readValueType(cursor);
      for (let results = cursor.u32(); results > 0; results--) readValueType(cursor);
      this.parameters.push(parameters);
    }
  }

  /** Functions only: a guest shares nothing else with its host, and the loader says so by name. */
  readImports(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      cursor.skipVector();
      cursor.skipVector();
      if (cursor.byte() !== ExternalKind.function) {
        throw new Error("imports something else than a function");
      }
      this.type(cursor.u32());
      this.importedFunctions++;
    }
  }

  readFunctions(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--)
      this.functionTypes.push(this.type(cursor.u32()));
  }

  readGlobals(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      readValueType(cursor);
      cursor.byte();
      this.readConstant(cursor);
      this.globals++;
    }
  }

  /** An expression of constant instructions with its end. */
  readConstant(cursor: Cursor): void {
    for (;;) {
      const opcode = cursor.byte();
      switch (opcode) {
        case Op.end:
          return;
        case Op.i32Const:
        case Op.i64Const:
          cursor.skipNumber();
          break;
        case Op.f32Const:
          cursor.skip(4);
          break;
        case Op.f64Const:
          cursor.skip(8);
          break;
        case Op.vector:
          // v128.const is the only constant one.
          if (cursor.u32() !== 12) throw new Error("an initial value is not constant");
          cursor.skip(16);
          break;
        case Op.globalGet:
          this.global(cursor.u32());
          break;
        case Op.refFunc:
          this.function(cursor.u32());
          break;
        case Op.refNull:
          readValueType(cursor);
          break;
        default:
          // Extended constants: addition, subtraction and multiplication of i32 and i64.
          if (!((opcode >= 0x6a && opcode <= 0x6c) || (opcode >= 0x7c && opcode <= 0x7e))) {
            throw new Error(`an initial value uses 0x${opcode.toString(16)}, which is not allowed`);
          }
      }
    }
  }

  readExports(cursor: Cursor, reservedName: string): void {
    for (let left = cursor.u32(); left > 0; left--) {
      const length = cursor.u32();
      const start = cursor.at;
      cursor.skip(length);
      if (isText(cursor.bytes.subarray(start, cursor.at), reservedName)) {
        throw new Error(`exports ${reservedName}, a name of the gateway's own`);
      }
      const kind = cursor.byte();
      const index = cursor.u32();
      if (kind === ExternalKind.function) this.function(index);
      if (kind === ExternalKind.table) this.table(index);
      if (kind === ExternalKind.global) this.global(index);
    }
  }

  readElements(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      const flags = cursor.u32();
      if (flags > 7) throw new Error("an element segment is malformed");
      const isActive = (flags & 1) === 0;
      const hasTableIndex = isActive && (flags & 2) !== 0;
      const hasExpressions = (flags & 4) !== 0;
      if (isActive) {
        this.table(hasTableIndex ? cursor.u32() : 0);
        this.readConstant(cursor);
      }
      if ((flags & 3) !== 0) {
        if (hasExpressions) readValueType(cursor);
        else cursor.byte();
      }
      for (let items = cursor.u32(); items > 0; items--) {
        if (hasExpressions) this.readConstant(cursor);
        else this.function(cursor.u32());
      }
    }
  }

  readData(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      const flags = cursor.u32();
      if (flags > 1) throw new Error("a data segment is not of memory 0");
      if (flags === 0) this.readConstant(cursor);
      cursor.skipVector();
    }
  }

  type(index: number): number {
    return inside("type", index, this.parameters.length);
  }

  function(index: number): number {
    return inside("function", index, this.functions);
  }

  table(index: number): number {
    return inside("table", index, this.tables);
  }

  global(index: number): number {
    return inside("global", index, this.globals);
  }
}

const FUNCTION_FORM = 0x60;

/** i32, i64, f32, f64, v128, funcref, externref, exnref: all of one byte. */
export function readValueType(cursor: Cursor): void {
  const type = cursor.byte();
  if (!isValueType(type)) throw new Error(`value type 0x${type.toString(16)} is not allowed`);
}

export function isValueType(type: number): boolean {
  return (type >= 0x7b && type <= 0x7f) || type === 0x70 || type === 0x6f || type === 0x69;
}

function inside(kind: string, index: number, count: number): number {
  if (index < count) return index;
  throw new Error(`${kind} ${index} does not exist, there are ${count}`);
}

function isText(bytes: Uint8Array, text: string): boolean {
  return bytes.length === text.length && Buffer.from(bytes).toString("latin1") === text;
}
