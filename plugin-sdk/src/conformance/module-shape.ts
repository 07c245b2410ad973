// Imports and exports of a module with their signatures, which the JavaScript API does not tell.
import { SectionId, WasmReader, readSections } from "../compiler/wasm-binary.ts";
import type { Section } from "../compiler/wasm-binary.ts";

export interface FunctionShape {
  /** `extism:host/user.field_get` or the export's name. */
  readonly name: string;
  /** As in HOST_FUNCTIONS: `iif:i`; `?` is a type that the ABI does not know. */
  readonly signature: string;
}

export interface ModuleShape {
  readonly imports: readonly FunctionShape[];
  /** What is imported and no function. */
  readonly otherImports: readonly string[];
  readonly exports: readonly FunctionShape[];
  readonly hasStart: boolean;
  /** Undefined when the module has no memory of its own, or several. */
  readonly memory: MemoryShape | undefined;
}

export interface MemoryShape {
  readonly minPages: number;
  readonly isShared: boolean;
  readonly is64Bit: boolean;
}

const START_SECTION = 8;
const VALUE_TYPES: Readonly<Record<number, string>> = { 0x7f: "i", 0x7c: "f" };
const KIND_FUNCTION = 0;

/** Throws a RangeError when the bytes are no module. */
export function shapeOf(wasm: Uint8Array): ModuleShape {
  const sections = readSections(wasm);
  const body = (id: number): WasmReader | undefined => readerOf(sections, id);
  const types = readTypes(body(SectionId.type));
  const { functions, others } = readImports(body(SectionId.import), types);
  const defined = readVector(body(SectionId.function), (reader) => types[reader.u32()] ?? "?");
  const signatures = [...functions.map(({ signature }) => signature), ...defined];
  return {
    imports: functions,
    otherImports: others,
    exports: readExports(body(SectionId.export), signatures),
    hasStart: sections.some(({ id }) => id === START_SECTION),
    memory: readMemory(body(SectionId.memory)),
  };
}

function readerOf(sections: readonly Section[], id: number): WasmReader | undefined {
  const section = sections.find((each) => each.id === id);
  return section === undefined ? undefined : new WasmReader(section.body);
}

function readVector<T>(reader: WasmReader | undefined, readItem: (of: WasmReader) => T): T[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.u32() }, () => readItem(reader));
}

/** Types of the core specification 1 and of multiple values; others (GC) are refused by readTypes. */
function readTypes(reader: WasmReader | undefined): string[] {
  return readVector(reader, (of) => {
    if (of.byte() !== 0x60) throw new RangeError("has types other than those of functions");
    const letters = (): string =>
      readVector(of, (each) => VALUE_TYPES[each.byte()] ?? "?").join("");
    return `${letters()}:${letters() || "v"}`;
  });
}

function readImports(
  reader: WasmReader | undefined,
  types: readonly string[],
): { functions: FunctionShape[]; others: string[] } {
  const functions: FunctionShape[] = [];
  const others: string[] = [];
  readVector(reader, (of) => {
    const name = `${of.name()}.${of.name()}`;
    const kind = of.byte();
    if (kind === KIND_FUNCTION) functions.push({ name, signature: types[of.u32()] ?? "?" });
    else {
      others.push(name);
      skipImport(of, kind);
    }
  });
  return { functions, others };
}

function skipImport(reader: WasmReader, kind: number): void {
  // A table has its type before its limits; a global has a type and a flag; a tag has a byte and a type.
  if (kind === 1) reader.byte();
  if (kind === 1 || kind === 2) readLimits(reader);
  else {
    reader.byte();
    reader.u32();
  }
}

function readLimits(reader: WasmReader): { flags: number; min: number } {
  const flags = reader.u32();
  const min = reader.u32();
  if ((flags & 1) !== 0) reader.u32();
  return { flags, min };
}

function readExports(
  reader: WasmReader | undefined,
  signatures: readonly string[],
): FunctionShape[] {
  return readVector(reader, (of) => {
    const name = of.name();
    const kind = of.byte();
    const index = of.u32();
    return { name, signature: kind === KIND_FUNCTION ? (signatures[index] ?? "?") : "" };
  }).filter(({ signature }) => signature !== "");
}

function readMemory(reader: WasmReader | undefined): MemoryShape | undefined {
  const memories = readVector(reader, readLimits);
  const [memory] = memories;
  if (memory === undefined || memories.length > 1) return undefined;
  const { flags, min } = memory;
  return { minPages: min, isShared: (flags & 2) !== 0, is64Bit: (flags & 4) !== 0 };
}
