// Reads one function's code: finds where it must be charged, and for how much.
import { ControlStack, MAX_COST, NEVER } from "./control-stack.ts";
import type { Cursor } from "./cursor.ts";
import { readMemoryArgument } from "./immediates.ts";
import { isValueType, readValueType } from "./index-spaces.ts";
import type { IndexSpaces } from "./index-spaces.ts";
import { EditKind, LoopCheck } from "./function-plan.ts";
import type { CodePlan } from "./function-plan.ts";
import {
  COSTS,
  HOST_CALL_COST,
  INDIRECT_CALL_COST,
  Op,
  REFUSED,
  SHAPES,
  Shape,
  TRY_TABLE_COST,
} from "./opcodes.ts";
import { readSpecial } from "./special-instructions.ts";

/** No engine takes more (WebAssembly JavaScript interface, implementation limits). */
const MAX_LOCALS = 50_000;
const MAX_BRANCH_TARGETS = 65_520;

/** Checks are put at the ways back to a loop when there are no more of them; an interpreter's loop has hundreds. */
const MAX_BACK_CHECKS = 4;
/** A loop's head with a block type of its own: it has no parameters that a branch takes along. */
const SHORT_HEAD_BYTES = 2;

export class BodyScanner {
  readonly #spaces: IndexSpaces;
  readonly #plan: CodePlan;
  readonly #stack: ControlStack = new ControlStack();
  /** Parameters and locals. */
  #locals = 0;
  #longestTurn = 0;

  constructor(spaces: IndexSpaces, plan: CodePlan) {
    this.#spaces = spaces;
    this.#plan = plan;
  }

  /**
   * Adds a function with that type to the plan. `cursor` holds exactly its body, and its length is at `start`. Throws
   * where `cursor` then stands.
   */
  scan(cursor: Cursor, start: number, type: number): void {
    const { edits, callees, functions } = this.#plan;
    const [firstEdit, firstCallee, localsStart] = [edits.count, callees.length, cursor.at];
    this.#longestTurn = 0;
    this.#readLocals(cursor, type);
    const codeStart = cursor.at;
    const cost = this.#readCode(cursor);
    if (!cursor.isAtEnd) throw new Error("a function goes on after its end");
    functions.push({
      start,
      localsStart,
      codeStart,
      end: cursor.at,
      locals: this.#locals,
      cost,
      isQuiet: this.#stack.isQuiet,
      longestTurn: this.#longestTurn,
      firstEdit,
      endEdit: edits.count,
      firstCallee,
      endCallee: callees.length,
    });
  }

  #readLocals(cursor: Cursor, type: number): void {
    let locals = this.#spaces.parameters[type] ?? 0;
    for (let groups = cursor.u32(); groups > 0; groups--) {
      locals += cursor.u32();
      if (locals > MAX_LOCALS) throw new Error(`a function has more than ${MAX_LOCALS} locals`);
      readValueType(cursor);
    }
    this.#locals = locals;
  }

  /** Gives the units of the longest way through it. */
  #readCode(cursor: Cursor): number {
    const stack = this.#stack;
    stack.reset();
    stack.open(Op.block, 0, 0);
    const locals = this.#locals;
    const { bytes } = cursor;
    // This loop meets a new engine cold, in an interpreter: it calls nothing for what is frequent. Reading past the
    // end gives undefined, which is no opcode and ends a number.
    let { at } = cursor;
    let cost = 0;
    while (stack.depth > 0) {
      const opcode = bytes[at++] as number;
      const units = COSTS[opcode] as number;
      cost += units;
      stack.total += units;
      switch (SHAPES[opcode] as number) {
        case Shape.plain:
          break;
        case Shape.local: {
          const index = bytes[at++] as number;
          if (index < 0x80 && index < locals) break;
          cursor.at = at - 1;
          this.#local(cursor.u32());
          at = cursor.at;
          break;
        }
        case Shape.number:
          if ((bytes[at++] as number) < 0x80) break;
          cursor.at = at - 1;
          cursor.skipNumber();
          at = cursor.at;
          break;
        case Shape.memory:
          if ((bytes[at] as number) < 0x40 && (bytes[at + 1] as number) < 0x80) {
            at += 2;
            break;
          }
          cursor.at = at;
          readMemoryArgument(cursor);
          at = cursor.at;
          break;
        default:
          cursor.at = at;
          cost = this.#other(opcode, cursor, cost);
          at = cursor.at;
      }
    }
    cursor.at = at;
    return Math.min(stack.hasHandlers ? stack.total : Math.max(0, cost), MAX_COST);
  }

  /** Gives the cost so far after the instruction. */
  #other(opcode: number, cursor: Cursor, cost: number): number {
    switch (SHAPES[opcode]) {
      case Shape.control:
        return this.#control(opcode, cursor, cost);
      case Shape.special:
        readSpecial(opcode, cursor, this.#spaces, this.#plan.edits);
        return cost;
      case Shape.global:
        this.#spaces.global(cursor.u32());
        return cost;
      case Shape.table:
        this.#spaces.table(cursor.u32());
        return cost;
      case undefined:
        throw new Error("ends too early");
      default:
        throw new Error(`${REFUSED.get(opcode) ?? named(opcode)} is not allowed`);
    }
  }

  #local(index: number): void {
    if (index >= this.#locals) throw new Error(`local ${index} does not exist`);
  }

  /** Gives the cost so far after the instruction. */
  #control(opcode: number, cursor: Cursor, cost: number): number {
    const stack = this.#stack;
    switch (opcode) {
      case Op.tryTable:
        this.#openTryTable(cursor, cost);
        return cost;
      case Op.block:
      case Op.if:
      case Op.try:
        this.#blockType(cursor);
        if (opcode === Op.try) stack.hasHandlers = true;
        stack.open(opcode, cost, 0);
        return cost;
      case Op.loop:
        this.#openLoop(cursor, cost);
        return cost;
      case Op.else:
        return stack.else(cost);
      case Op.catch:
        cursor.u32();
        this.#plan.edits.insert(EditKind.handler, cursor.at);
        return stack.handler(cost);
      case Op.catchAll:
        this.#plan.edits.insert(EditKind.handler, cursor.at);
        return stack.handler(cost);
      case Op.delegate: {
        // Its label counts from outside of the block that it ends.
        const after = this.#close(cursor, cost);
        this.#branch(cursor, NEVER);
        return after;
      }
      case Op.end:
        return this.#close(cursor, cost);
      case Op.brIf:
        this.#jump(cursor, cost, EditKind.turnIf);
        return cost;
      case Op.br:
        this.#jump(cursor, cost, EditKind.turn);
        return this.#leave();
      case Op.brTable:
        this.#branchTable(cursor, cost);
        return this.#leave();
      case Op.call:
        this.#call(cursor);
        return cost;
      case Op.callIndirect:
        this.#callIndirect(cursor);
        return cost;
      case Op.returnCall:
        this.#call(cursor);
        stack.branch(stack.depth - 1, cost);
        return this.#leave();
      case Op.returnCallIndirect:
        this.#callIndirect(cursor);
        stack.branch(stack.depth - 1, cost);
        return this.#leave();
      case Op.return:
        stack.branch(stack.depth - 1, cost);
        return this.#leave();
      case Op.rethrow:
        this.#branch(cursor, NEVER);
        return this.#leave();
      case Op.throw:
        cursor.u32();
        return this.#leave();
      default:
        // unreachable, throw_ref
        return this.#leave();
    }
  }

  /** What follows is reached by branches only. */
  #leave(): number {
    this.#stack.isQuiet = false;
    return NEVER;
  }

  #openLoop(cursor: Cursor, cost: number): void {
    const start = cursor.at - 1;
    this.#blockType(cursor);
    this.#stack.open(Op.loop, cost, this.#plan.edits.add(EditKind.loop, start, cursor.at, 0));
  }

  #close(cursor: Cursor, cost: number): number {
    const { cost: after, turn, tag, backs } = this.#stack.close(cost);
    if (turn === 0) return after;
    const { edits } = this.#plan;
    const isBack =
      backs <= MAX_BACK_CHECKS && edits.end(tag) - edits.start(tag) === SHORT_HEAD_BYTES;
    edits.set(tag, turn, isBack ? LoopCheck.back : LoopCheck.head);
    if (turn > this.#longestTurn) this.#longestTurn = turn;
    this.#plan.edits.insert(EditKind.loopEnd, cursor.at);
    return after;
  }

  /** A branch that can be changed when it goes back to a loop. */
  #jump(cursor: Cursor, cost: number, kind: number): void {
    const start = cursor.at - 1;
    const label = cursor.u32();
    const loops = this.#stack.branch(label, cost);
    const loop = this.#stack.backTo(label, 1);
    if (loop !== -1) this.#plan.edits.add(kind, start, cursor.at, label + loops, loop);
    else if (loops > 0) this.#plan.edits.add(EditKind.label, start + 1, cursor.at, label + loops);
  }

  /** A label that stays where it is. Each loop becomes two blocks, so it is larger where the branch leaves loops. */
  #branch(cursor: Cursor, cost: number): void {
    const start = cursor.at;
    const label = cursor.u32();
    const loops = this.#stack.branch(label, cost);
    this.#stack.backTo(label, Infinity);
    if (loops > 0) this.#plan.edits.add(EditKind.label, start, cursor.at, label + loops);
  }

  #blockType(cursor: Cursor): void {
    const first = cursor.byte();
    if (first === EMPTY_BLOCK || isValueType(first)) return;
    if (first >= 0x40 && first < 0x80) throw new Error(`block type ${hex(first)} is not allowed`);
    // A type's index is a signed number that is not negative.
    cursor.at--;
    this.#spaces.type(cursor.u32());
    if (((cursor.bytes[cursor.at - 1] ?? 0) & 0x40) !== 0)
      throw new Error("a block type is negative");
  }

  #branchTable(cursor: Cursor, cost: number): void {
    const targets = cursor.u32();
    if (targets > MAX_BRANCH_TARGETS) {
      throw new Error(`a br_table of ${targets} targets, expected at most ${MAX_BRANCH_TARGETS}`);
    }
    for (let left = targets; left >= 0; left--) this.#branch(cursor, cost);
  }

  #call(cursor: Cursor): void {
    const start = cursor.at - 1;
    const { importedFunctions } = this.#spaces;
    const index = this.#spaces.function(cursor.u32());
    if (index < importedFunctions) {
      this.#plan.edits.insert(EditKind.units, start, HOST_CALL_COST);
      return;
    }
    this.#plan.edits.insert(EditKind.call, start, index - importedFunctions);
    this.#plan.callees.push(index - importedFunctions);
    this.#stack.isQuiet = false;
  }

  #callIndirect(cursor: Cursor): void {
    this.#plan.edits.insert(EditKind.units, cursor.at - 1, INDIRECT_CALL_COST);
    this.#spaces.type(cursor.u32());
    this.#spaces.table(cursor.u32());
  }

  #openTryTable(cursor: Cursor, cost: number): void {
    this.#plan.edits.insert(EditKind.units, cursor.at - 1, TRY_TABLE_COST);
    this.#stack.hasHandlers = true;
    this.#blockType(cursor);
    for (let clauses = cursor.u32(); clauses > 0; clauses--) {
      const kind = cursor.byte();
      if (kind > 3) throw new Error("a catch clause is malformed");
      // catch and catch_ref name a tag; catch_all and catch_all_ref do not.
      if (kind < 2) cursor.u32();
      this.#branch(cursor, cost);
    }
    this.#stack.open(Op.tryTable, cost, 0);
  }
}

const EMPTY_BLOCK = 0x40;

function named(opcode: number): string {
  return `instruction ${hex(opcode)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
