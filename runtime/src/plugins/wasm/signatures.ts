// The types of a module's imported and exported functions, which WebAssembly's JavaScript interface does not tell.
import { Cursor } from "./metering/cursor.ts";
import { ExternalKind } from "./metering/index-spaces.ts";
import { SectionId, sections } from "./sections.ts";

export interface Signatures {
  /** By namespace and name with a dot between them. */
  readonly imports: ReadonlyMap<string, string>;
  /** By name. Each as `(i32, f64) -> (i32)`. */
  readonly exports: ReadonlyMap<string, string>;
}

/** Of a module that has passed metering: its sections are in order, and all indexes exist. */
export function signaturesOf(bytes: Uint8Array): Signatures {
  const types: string[] = [];
  const functions: string[] = [];
  const imports = new Map<string, string>();
  const exports = new Map<string, string>();
  for (const { id, bodyStart, end } of sections(bytes)) {
    const cursor = new Cursor(bytes, bodyStart, end);
    switch (id) {
      case SectionId.type:
        for (let left = cursor.u32(); left > 0; left--) types.push(readType(cursor));
        break;
      case SectionId.import:
        for (let left = cursor.u32(); left > 0; left--) {
          const name = `${readName(cursor)}.${readName(cursor)}`;
          cursor.byte(); // They are all functions.
          const type = types[cursor.u32()] ?? "";
          functions.push(type);
          imports.set(name, type);
        }
        break;
      case SectionId.function:
        for (let left = cursor.u32(); left > 0; left--) functions.push(types[cursor.u32()] ?? "");
        break;
      case SectionId.export:
        for (let left = cursor.u32(); left > 0; left--) {
          const name = readName(cursor);
          const kind = cursor.byte();
          const index = cursor.u32();
          if (kind === ExternalKind.function) exports.set(name, functions[index] ?? "");
        }
    }
  }
  return { imports, exports };
}

/** The ABI's notation: parameters in order, then the result; `i` is i32, `f` is f64, `v` is nothing. */
export function abiSignature(notation: string): string {
  const [parameters = "", result = ""] = notation.split(":");
  return signature(Array.from(parameters, abiType), result === "v" ? [] : [abiType(result)]);
}

/** Whatever all its parameters are for, the gateway gives and takes i32. */
export function isPhaseSignature(text: string): boolean {
  return /^\((?:i32(?:, i32)*)?\) -> \(i32\)$/.test(text);
}

function abiType(letter: string): string {
  return letter === "f" ? "f64" : "i32";
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x70, "funcref"],
  [0x6f, "externref"],
  [0x69, "exnref"],
]);

function readType(cursor: Cursor): string {
  cursor.byte(); // The form: they are all functions.
  return signature(readTypes(cursor), readTypes(cursor));
}

function readTypes(cursor: Cursor): string[] {
  return Array.from({ length: cursor.u32() }, () => TYPE_NAMES.get(cursor.byte()) ?? "?");
}

function signature(parameters: readonly string[], results: readonly string[]): string {
  return `(${parameters.join(", ")}) -> (${results.join(", ")})`;
}

function readName(cursor: Cursor): string {
  const length = cursor.u32();
  const start = cursor.at;
  cursor.skip(length);
  return new TextDecoder().decode(cursor.bytes.subarray(start, cursor.at));
}
