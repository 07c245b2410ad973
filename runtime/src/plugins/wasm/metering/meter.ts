// Puts fuel checks into a module's code, so that whatever runs in it, in whatever language it was written, comes to
// look at the clock. Neither runtime can stop WebAssembly from outside: on Bun a worker that spins in it cannot even be
// ended (F2). No index of the module's own changes: what is added comes last in each index space.
import { detailOf } from "../../../errors.ts";
import { SectionId, sections } from "../sections.ts";
import type { Section } from "../sections.ts";
import { BodyScanner } from "./body-scanner.ts";
import { BranchHints } from "./branch-hints.ts";
import { CodeWriter } from "./code-writer.ts";
import { Cursor, Output } from "./cursor.ts";
import { CodePlan } from "./function-plan.ts";
import { ExternalKind, IndexSpaces } from "./index-spaces.ts";
import { HELPERS, HELPER_COUNT, HELPER_TYPES } from "./injected-code.ts";
import type { AddedIndexes } from "./injected-code.ts";
import { writeTables } from "./limit-tables.ts";

/** Under this name a metered module exports the table whose only entry is the host's `refill`. */
export const FUEL_EXPORT = "sluice:fuel";

/** What an instance may use before the host has filled in `refill`: Extism runs `_initialize` on its own. */
export const START_UNITS: number = 8 * 1024 * 1024;

/** The order of the sections in a module, which their ids do not show. */
const ORDER: readonly number[] = [
  SectionId.type,
  SectionId.import,
  SectionId.function,
  SectionId.table,
  SectionId.memory,
  SectionId.tag,
  SectionId.global,
  SectionId.export,
  SectionId.start,
  SectionId.element,
  SectionId.dataCount,
  SectionId.code,
  SectionId.data,
];

/**
 * The module with checks in it and without its custom sections. `trustsInterpreter` leaves the largest function as it
 * is; it is for what comes with the gateway and has QuickJS in it, whose interpreter asks for the deadline by itself.
 * Nobody else can be trusted with that: whether it does depends on what stands in the memory, which comes with the
 * module. Throws an Error that says what is not allowed.
 */
export function meter(bytes: Uint8Array, trustsInterpreter = false): Uint8Array<ArrayBuffer> {
  const metering = new Metering(bytes, trustsInterpreter);
  const found = new Map<number, Section>();
  let last = -1;
  for (const section of sections(bytes)) {
    if (section.id === SectionId.custom) continue;
    const order = ORDER.indexOf(section.id);
    if (order === -1) throw new Error(`section ${section.id} is not known`);
    if (order <= last) throw new Error(`section ${section.id} is out of order`);
    last = order;
    found.set(section.id, section);
  }
  for (const id of ORDER) metering.section(id, found.get(id));
  return metering.finish();
}

class Metering {
  readonly #bytes: Uint8Array;
  readonly #trustsInterpreter: boolean;
  readonly #spaces: IndexSpaces = new IndexSpaces();
  #out: Output;
  readonly #hints: BranchHints = new BranchHints();

  constructor(bytes: Uint8Array, trustsInterpreter: boolean) {
    this.#bytes = bytes;
    this.#trustsInterpreter = trustsInterpreter;
    this.#out = new Output(bytes.length + (bytes.length >> 2) + 1024);
    this.#out.copy(bytes, 0, HEADER_BYTES);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.finish();
  }

  /** Sections come in order, absent ones too: some of them are added. */
  section(id: number, section: Section | undefined): void {
    const spaces = this.#spaces;
    const at = section ?? { id, start: 0, bodyStart: 0, end: 0 };
    const cursor = new Cursor(this.#bytes, at.bodyStart, at.end);
    const isPresent = section !== undefined;
    const out = this.#out;
    switch (id) {
      case SectionId.type:
        if (isPresent) spaces.readTypes(cursor);
        this.#extend(id, at, 2, () => HELPER_TYPES.forEach((byte) => out.byte(byte)));
        return;
      case SectionId.import:
        if (isPresent) spaces.readImports(cursor);
        break;
      case SectionId.function:
        if (isPresent) spaces.readFunctions(cursor);
        this.#extend(id, at, HELPER_COUNT, () => this.#declareHelpers());
        return;
      case SectionId.table:
        this.#write(id, () => writeTables(isPresent ? cursor : undefined, spaces, out));
        return;
      case SectionId.global:
        if (isPresent) spaces.readGlobals(cursor);
        this.#extend(id, at, 1, () => this.#declareFuel());
        return;
      case SectionId.export:
        if (isPresent) spaces.readExports(cursor, FUEL_EXPORT);
        this.#extend(id, at, 1, () => this.#exportFuel());
        return;
      case SectionId.start:
        if (isPresent) throw new Error("a start section is not allowed");
        return;
      case SectionId.element:
        if (isPresent) spaces.readElements(cursor);
        break;
      case SectionId.code:
        this.#writeCode(isPresent ? cursor : undefined);
        return;
      case SectionId.data:
        if (isPresent) spaces.readData(cursor);
    }
    if (isPresent) out.copy(this.#bytes, at.start, at.end);
  }

  /** A section that is a vector, with `count` more items at its end. */
  #extend(id: number, section: Section, count: number, writeItems: () => void): void {
    const cursor = new Cursor(this.#bytes, section.bodyStart, section.end);
    this.#write(id, () => {
      this.#out.u32((cursor.isAtEnd ? 0 : cursor.u32()) + count);
      this.#out.copy(this.#bytes, cursor.at, section.end);
      writeItems();
    });
  }

  #write(id: number, writeBody: () => void): void {
    this.#out.byte(id);
    const start = this.#out.beginLength();
    writeBody();
    this.#out.endLength(start);
  }

  get #added(): AddedIndexes {
    const spaces = this.#spaces;
    return {
      fuelGlobal: spaces.globals,
      table: spaces.tables,
      numberType: spaces.parameters.length + 1,
      firstHelper: spaces.functions,
    };
  }

  #declareHelpers(): void {
    const { numberType } = this.#added;
    for (let helper = 0; helper < HELPER_COUNT; helper++) {
      this.#out.u32(helper === HELPERS.refill ? numberType - 1 : numberType);
    }
  }

  #declareFuel(): void {
    const I32 = 0x7f;
    const MUTABLE = 1;
    const I32_CONST = 0x41;
    const END = 0x0b;
    for (const byte of [I32, MUTABLE, I32_CONST]) this.#out.byte(byte);
    this.#out.s32(START_UNITS);
    this.#out.byte(END);
  }

  #exportFuel(): void {
    const name = Buffer.from(FUEL_EXPORT);
    this.#out.u32(name.length);
    this.#out.copy(name, 0, name.length);
    this.#out.byte(ExternalKind.table);
    this.#out.u32(this.#added.table);
  }

  /** The hints come before the code that they are about, and are known after it. */
  #writeCode(cursor: Cursor | undefined): void {
    const module = this.#out;
    this.#out = new Output(this.#bytes.length + (this.#bytes.length >> 2) + 1024);
    const plan = this.#scan(cursor);
    const writer = new CodeWriter(this.#out, {
      bytes: this.#bytes,
      plan,
      added: this.#added,
      firstIndex: this.#spaces.importedFunctions,
      hints: this.#hints,
      trustsInterpreter: this.#trustsInterpreter,
    });
    this.#write(SectionId.code, () => writer.write());
    const code = this.#out.finish();
    this.#out = module;
    this.#write(SectionId.custom, () => this.#hints.write(module));
    module.copy(code, 0, code.length);
  }

  #scan(cursor: Cursor | undefined): CodePlan {
    const plan = new CodePlan();
    const { functionTypes } = this.#spaces;
    const count = cursor?.u32() ?? 0;
    if (count !== functionTypes.length) {
      throw new Error(`${functionTypes.length} functions are declared, and ${count} have code`);
    }
    if (cursor === undefined) return plan;
    const scanner = new BodyScanner(this.#spaces, plan);
    const codeStart = cursor.at;
    for (const type of functionTypes) {
      const start = cursor.at;
      const length = cursor.u32();
      const body = new Cursor(this.#bytes, cursor.at, cursor.at + length);
      cursor.skip(length);
      try {
        scanner.scan(body, start, type);
      } catch (cause) {
        const at = body.at - codeStart;
        throw new Error(`${detailOf(cause)} (byte ${at} of the code section)`, { cause });
      }
    }
    if (!cursor.isAtEnd) throw new Error("the code section goes on after its functions");
    return plan;
  }
}

const HEADER_BYTES = 8;
