// Makes QuickJS's own limit on recursion hold in WASM. QuickJS compares the C stack pointer with a limit and throws a
// RangeError. In WASM the C stack has only what needs an address; the rest of a frame lies on the host's stack, which
// QuickJS cannot see. `JSON.parse("[[[[…")` thus overflows the host's stack first, and that trap costs the instance.
//
// Each function in which QuickJS checks the limit gets a wrapper that takes as much of the C stack as the functions
// between two such checks may take of the host's. Recursion then meets QuickJS's limit first.
import {
  concat,
  readSections,
  SectionId,
  sectionOf,
  s32,
  u32,
  vector,
  WasmReader,
  writeSections,
} from "./wasm-binary.ts";

/** `i32.load` of JSRuntime.stack_limit, which lies at offset 644 in the QuickJS of quickjs-wasi 3.6. */
const LOAD_STACK_LIMIT = Uint8Array.of(0x28, 0x02, 0x84, 0x05);

/** Bytes of C stack for each wrapped call, 16-byte aligned. Measured, see RATIONALE.md. */
const STACK_BYTES = 256;

const GET_LOCAL = 0x20;
const GET_GLOBAL = 0x23;
const SET_GLOBAL = 0x24;
const CONST_I32 = 0x41;
const ADD_I32 = 0x6a;
const SUB_I32 = 0x6b;
const CALL = 0x10;
const END = 0x0b;

/** Throws a RangeError when the module has no such check, which another version of QuickJS might cause. */
export function guardStack(wasm: Uint8Array): Uint8Array {
  const sections = readSections(wasm);
  const types = parameterCounts(sectionOf(sections, SectionId.type).body);
  const functions = readFunctions(sectionOf(sections, SectionId.function).body);
  const bodies = readBodies(sectionOf(sections, SectionId.code).body);
  const imports = importedFunctions(sectionOf(sections, SectionId.import).body);
  const stackPointer = stackPointerIndex(sectionOf(sections, SectionId.export).body);
  const checked = checkedFunctions(bodies);

  for (const index of checked) {
    const [type, body] = [functions[index], bodies[index]];
    if (type === undefined || body === undefined) throw new RangeError("functions without bodies");
    // The wrapper takes the function's place, so that no call has to change; the function moves to the end.
    bodies[index] = wrapper(stackPointer, types[type] ?? 0, imports + bodies.length);
    bodies.push(body);
    functions.push(type);
  }

  return writeSections(
    sections.map((section) => {
      if (section.id === SectionId.function) {
        return { id: section.id, body: vector(functions.map(u32)) };
      }
      if (section.id !== SectionId.code) return section;
      return {
        id: section.id,
        body: vector(bodies.map((body) => concat([u32(body.length), body]))),
      };
    }),
  );
}

/** All that check but the interpreter itself, the largest: its frames on both stacks grow alike. */
function checkedFunctions(bodies: readonly Uint8Array[]): number[] {
  const checked = bodies.flatMap((body, index) =>
    includes(body, LOAD_STACK_LIMIT) ? [index] : [],
  );
  const sizeOf = (index: number): number => bodies[index]?.length ?? 0;
  const largest = Math.max(...checked.map(sizeOf));
  if (checked.length < 2) throw new RangeError("QuickJS does not check its stack as expected");
  return checked.filter((index) => sizeOf(index) !== largest);
}

function includes(bytes: Uint8Array, sequence: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(sequence);
}

/** Moves the stack pointer down, calls, moves it up again. The result stays on the operand stack meanwhile. */
function wrapper(stackPointer: number, parameters: number, target: number): Uint8Array {
  const move = (operation: number): Uint8Array =>
    concat([
      Uint8Array.of(GET_GLOBAL),
      u32(stackPointer),
      Uint8Array.of(CONST_I32),
      s32(STACK_BYTES),
      Uint8Array.of(operation, SET_GLOBAL),
      u32(stackPointer),
    ]);
  const locals = Array.from({ length: parameters }, (_, i) =>
    concat([Uint8Array.of(GET_LOCAL), u32(i)]),
  );
  const noLocals = u32(0);
  const call = concat([Uint8Array.of(CALL), u32(target)]);
  return concat([noLocals, move(SUB_I32), ...locals, call, move(ADD_I32), Uint8Array.of(END)]);
}

/** Of each type, which in quickjs.wasm all are functions. */
function parameterCounts(body: Uint8Array): number[] {
  const reader = new WasmReader(body);
  return Array.from({ length: reader.u32() }, () => {
    reader.byte();
    const parameters = reader.u32();
    reader.bytes(parameters);
    reader.bytes(reader.u32());
    return parameters;
  });
}

function readFunctions(body: Uint8Array): number[] {
  const reader = new WasmReader(body);
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

function readBodies(body: Uint8Array): Uint8Array[] {
  const reader = new WasmReader(body);
  return Array.from({ length: reader.u32() }, () => reader.bytes(reader.u32()));
}

/** quickjs.wasm imports functions only. */
function importedFunctions(body: Uint8Array): number {
  return new WasmReader(body).u32();
}

function stackPointerIndex(body: Uint8Array): number {
  const reader = new WasmReader(body);
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.name();
    reader.byte();
    const index = reader.u32();
    if (name === "__stack_pointer") return index;
  }
  throw new RangeError("quickjs.wasm exports no stack pointer");
}
