// The instructions that metering puts into a guest. What is left of the fuel is in a global. A loop counts in a local of
// its function, which is a register, and takes from the global in batches; when the global is used up, a host function
// in a table that only metering knows says how much more there is, and traps end the guest when there is none. No guest
// can catch a trap.
import { MAX_COST } from "./control-stack.ts";
import type { Output } from "./cursor.ts";
import { Op } from "./opcodes.ts";

/** Indexes of what metering adds to a module. */
export interface AddedIndexes {
  readonly fuelGlobal: number;
  readonly table: number;
  /** Of the type `(i32) -> i32`. */
  readonly numberType: number;
  /** Of the first of {@link HELPERS}. */
  readonly firstHelper: number;
}

/** Functions that metering adds, in order. The first has the type `() -> ()`, the others `(i32) -> i32`. */
export const HELPERS = { refill: 0, batch: 1, bytes: 2, entries: 3, clock: 4 } as const;
export const HELPER_COUNT = 5;

/** Units that a loop takes from the global at a time, at least. */
const BATCH_UNITS = 4096;
/** Turns that it takes at least: an interpreter's loop counts its longest way, and goes a short one. */
const BATCH_TURNS = 64;
/** What a call's loops have in advance, so that short ones need no batch. */
const CREDIT_TURNS = 32;
const MIN_CREDIT_UNITS = 64;
const MAX_CREDIT_UNITS = 32_768;
/** The same where nobody is charged for it. */
const FREE_CREDIT_UNITS = 512;
/** Bytes that bulk operations copy or fill for one unit. */
const BYTES_PER_UNIT_LOG2 = 3;

const I32 = 0x7f;
const EMPTY_BLOCK = 0x40;

/** What the loops of a function with that longest turn have in advance, paid for by its charge or not. */
export function loopCredit(longestTurn: number, isPaid: boolean): number {
  const most = isPaid ? MAX_CREDIT_UNITS : FREE_CREDIT_UNITS;
  return Math.min(Math.max(longestTurn * CREDIT_TURNS, MIN_CREDIT_UNITS), most);
}

/** Takes from the global. */
export function writeCharge(out: Output, units: number, added: AddedIndexes): void {
  take(out, added, () => {
    out.byte(Op.i32Const);
    out.s32(units);
  });
}

/** At the start of a function, for its loops' counter. */
export function writeLoopCredit(out: Output, units: number, counter: number): void {
  out.byte(Op.i32Const);
  out.s32(units);
  out.byte(Op.localSet);
  out.u32(counter);
}

export interface LoopCode {
  /** Units of one turn. */
  readonly units: number;
  /** Local of the counter. */
  readonly counter: number;
  /** The loop's own head: opcode and block type. */
  readonly head: Uint8Array;
}

/**
 * In place of a loop's head. The loop is put into another one, to whose head it goes when the counter is used up, so
 * that the loop itself has no call in it that costs it registers and optimizations: with the call, an empty loop took
 * twice as long in V8, and a short one twice in JavaScriptCore. {@link writeLoopEnd} belongs to it.
 */
export function writeLoopHead(out: Output, loop: LoopCode, added: AddedIndexes): void {
  out.copy(loop.head, 0, loop.head.length);
  if (hasParameters(loop)) {
    // They lie on the stack, where only a branch from this very level takes them along.
    out.byte(Op.localGet);
    out.u32(loop.counter);
    ifNegative(out, () => writeBatch(out, loop, added));
    out.copy(loop.head, 0, loop.head.length);
    writeCount(out, loop);
    writeConstant(out, 0, Op.i32LtS);
    out.unlikely.push(out.at);
    out.byte(Op.brIf);
    out.u32(1);
    return;
  }
  out.copy(loop.head, 0, loop.head.length);
  writeTurn(out, loop, 0, added);
}

/** The head of a loop whose turns are charged by {@link writeTurn}, where the code goes back to it. */
export function writePlainLoopHead(out: Output, { head }: LoopCode): void {
  out.copy(head, 0, head.length);
  out.copy(head, 0, head.length);
}

/** Counts a turn; `label` is that of the loop. With the counter used up it goes to the loop around it. */
export function writeTurn(out: Output, loop: LoopCode, label: number, added: AddedIndexes): void {
  writeCount(out, loop);
  ifNegative(out, () => {
    writeBatch(out, loop, added);
    out.byte(Op.br);
    // Out of the if, and of the loop.
    out.u32(label + 2);
  });
}

/** In place of a `br` back to a loop. */
export function writeTurnBack(
  out: Output,
  loop: LoopCode,
  label: number,
  added: AddedIndexes,
): void {
  writeTurn(out, loop, label, added);
  out.byte(Op.br);
  out.u32(label);
}

/** In place of a `br_if` back to a loop. */
export function writeTurnBackIf(
  out: Output,
  loop: LoopCode,
  label: number,
  added: AddedIndexes,
): void {
  out.byte(Op.if);
  out.byte(EMPTY_BLOCK);
  writeTurnBack(out, loop, label + 1, added);
  out.byte(Op.end);
}

function writeCount(out: Output, { units, counter }: LoopCode): void {
  out.byte(Op.localGet);
  out.u32(counter);
  writeConstant(out, units, Op.i32Sub);
  out.byte(Op.localTee);
  out.u32(counter);
}

function writeBatch(out: Output, { units, counter }: LoopCode, added: AddedIndexes): void {
  out.byte(Op.localGet);
  out.u32(counter);
  // The turn must fit into what there is afterwards, else it would never begin.
  const more = Math.min(units * BATCH_TURNS, MAX_COST) - BATCH_UNITS;
  if (more > 0) writeConstant(out, more, Op.i32Sub);
  writeHelperCall(out, HELPERS.batch, added);
  if (more > 0) writeConstant(out, more, Op.i32Add);
  out.byte(Op.localSet);
  out.u32(counter);
}

/** Possibly: its block type is the index of a type. */
function hasParameters({ head }: LoopCode): boolean {
  return head.length !== 2 || (head[1] ?? 0) < 0x40;
}

export function writeLoopEnd(out: Output): void {
  out.byte(Op.end);
}

/** The helpers but `refill` leave the number on the stack that they found there; `batch` leaves the new counter. */
export function writeHelperCall(out: Output, helper: number, added: AddedIndexes): void {
  out.byte(Op.call);
  out.u32(added.firstHelper + helper);
}

export function writeHelpers(out: Output, added: AddedIndexes): void {
  writeBody(out, () => {
    // The host gives 0 for: no more.
    out.byte(Op.globalGet);
    out.u32(added.fuelGlobal);
    // The table's only entry.
    out.byte(Op.i32Const);
    out.s32(0);
    out.byte(Op.callIndirect);
    out.u32(added.numberType);
    out.u32(added.table);
    out.byte(Op.globalSet);
    out.u32(added.fuelGlobal);
    out.byte(Op.globalGet);
    out.u32(added.fuelGlobal);
    out.byte(Op.i32Eqz);
    out.byte(Op.if);
    out.byte(EMPTY_BLOCK);
    out.byte(Op.unreachable);
    out.byte(Op.end);
  });
  writeBody(out, () => {
    // The counter is what the loop has used too much, below 0.
    take(out, added, () => {
      out.byte(Op.i32Const);
      out.s32(BATCH_UNITS);
      getParameter(out);
      out.byte(Op.i32Sub);
    });
    out.byte(Op.i32Const);
    out.s32(BATCH_UNITS);
  });
  writeBody(out, () => {
    take(out, added, () => {
      getParameter(out);
      writeConstant(out, BYTES_PER_UNIT_LOG2, Op.i32ShrU);
    });
    getParameter(out);
  });
  writeBody(out, () => {
    // Without its highest bit it cannot turn the sign round; a table is never that large.
    take(out, added, () => {
      getParameter(out);
      writeConstant(out, 0x7fff_ffff, Op.i32And);
    });
    getParameter(out);
  });
  writeBody(out, () => {
    writeHelperCall(out, HELPERS.refill, added);
    getParameter(out);
  });
}

/** Types of the helpers: `() -> ()` and `(i32) -> i32`. */
export const HELPER_TYPES: readonly number[] = [0x60, 0, 0, 0x60, 1, I32, 1, I32];

/** Takes what `amount` leaves on the stack from the global, and refills that when it was too much. */
function take(out: Output, added: AddedIndexes, amount: () => void): void {
  out.byte(Op.globalGet);
  out.u32(added.fuelGlobal);
  amount();
  out.byte(Op.i32Sub);
  out.byte(Op.globalSet);
  out.u32(added.fuelGlobal);
  out.byte(Op.globalGet);
  out.u32(added.fuelGlobal);
  ifNegative(out, () => writeHelperCall(out, HELPERS.refill, added));
}

function ifNegative(out: Output, then: () => void): void {
  writeConstant(out, 0, Op.i32LtS);
  out.unlikely.push(out.at);
  out.byte(Op.if);
  out.byte(EMPTY_BLOCK);
  then();
  out.byte(Op.end);
}

/** The constant and the operation on it and what lies below it. */
function writeConstant(out: Output, value: number, operation: number): void {
  out.byte(Op.i32Const);
  out.s32(value);
  out.byte(operation);
}

function getParameter(out: Output): void {
  out.byte(Op.localGet);
  out.u32(0);
}

function writeBody(out: Output, instructions: () => void): void {
  const start = out.beginLength();
  out.u32(0); // No locals.
  instructions();
  out.byte(Op.end);
  out.endLength(start);
}
