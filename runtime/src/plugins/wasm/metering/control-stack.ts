// The open blocks of a function while its code is read, and how long the longest way through each of them is. A turn
// of a loop is charged by its longest way, not by the size of its code: an interpreter's loop is large, and each turn
// takes only one of its many ways.
import { Op } from "./opcodes.ts";

/** A path that cannot be taken, because the code before it never goes on. Small enough to stay an integer. */
export const NEVER: number = -(2 ** 30);
/** So that a cost fits an i32 with room to spare, whatever the code. */
export const MAX_COST: number = 2 ** 28;
/** Far more than compilers write; engines spend memory on each level. */
const MAX_DEPTH = 10_000;

/** What a block that was closed says. */
export interface Closed {
  /** Units of the longest way to the code behind it. */
  readonly cost: number;
  /** Of a loop, what its turn costs. */
  readonly turn: number;
  /** What was given when it was opened. */
  readonly tag: number;
  /** Branches that go back to a loop; infinite when one of them cannot be changed. */
  readonly backs: number;
}

export class ControlStack {
  depth = 0;
  /** An exception may leave a block at any place, so ways are no longer known: all code counts. */
  hasHandlers = false;
  /** Units of all code so far, on whatever way. */
  total = 0;
  /** A way leads here on which no function was called. */
  isQuiet = true;
  readonly #opcodes: number[] = [];
  readonly #starts: number[] = [];
  readonly #peaks: number[] = [];
  readonly #totals: number[] = [];
  readonly #tags: number[] = [];
  readonly #backs: number[] = [];
  /** Whether a quiet way leads to each block's start, and to the code behind it by a branch. */
  readonly #quietStarts: boolean[] = [];
  readonly #quietEnds: boolean[] = [];
  /** Loops among the open blocks, up to each. */
  readonly #loops: number[] = [];

  reset(): void {
    this.depth = 0;
    this.hasHandlers = false;
    this.total = 0;
    this.isQuiet = true;
  }

  /** `cost`: units from the function's start to here. `tag` comes back when the block is closed. */
  open(opcode: number, cost: number, tag: number): void {
    if (this.depth === MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} blocks in each other`);
    const { depth } = this;
    this.#opcodes[depth] = opcode;
    this.#starts[depth] = cost;
    this.#peaks[depth] = NEVER;
    this.#totals[depth] = this.total;
    this.#tags[depth] = tag;
    this.#backs[depth] = 0;
    this.#quietStarts[depth] = this.isQuiet;
    this.#quietEnds[depth] = false;
    this.#loops[depth] = this.#loopsUpTo(depth - 1) + (opcode === Op.loop ? 1 : 0);
    this.depth = depth + 1;
  }

  /** The tag of the loop that a label is of; -1 when it is another block's. `count`: branches that go back to it. */
  backTo(label: number, count: number): number {
    const at = this.depth - 1 - label;
    if (this.#opcodes[at] !== Op.loop) return -1;
    this.#backs[at] = (this.#backs[at] ?? 0) + count;
    return this.#tags[at] ?? -1;
  }

  /**
   * A branch to a label, 0 being the innermost block's; to a loop's label it is one more turn. Gives how many loops
   * it leaves.
   */
  branch(label: number, cost: number): number {
    const at = this.depth - 1 - label;
    if (at < 0) throw new Error(`a branch to label ${label}, which does not exist`);
    if (cost > this.#peak(at)) this.#peaks[at] = cost;
    if (this.isQuiet) this.#quietEnds[at] = true;
    return this.#loopsUpTo(this.depth - 1) - this.#loopsUpTo(at);
  }

  /** Gives the cost at the start of the other arm. */
  else(cost: number): number {
    const at = this.depth - 1;
    if (this.#opcodes[at] !== Op.if) throw new Error("an else without an if");
    this.#opcodes[at] = Op.else;
    return this.#otherArm(cost);
  }

  /** Gives the cost at the start of the handler. */
  handler(cost: number): number {
    const opcode = this.#opcodes[this.depth - 1];
    if (opcode !== Op.try && opcode !== Op.catch) throw new Error("a catch without a try");
    this.#opcodes[this.depth - 1] = Op.catch;
    return this.#otherArm(cost);
  }

  close(cost: number): Closed {
    const at = this.depth - 1;
    this.depth = at;
    const tag = this.#tags[at] ?? 0;
    const start = this.#starts[at] ?? 0;
    if (this.#opcodes[at] === Op.loop) {
      const way = this.hasHandlers ? this.total - (this.#totals[at] ?? 0) : this.#peak(at) - start;
      return { cost, turn: Math.min(Math.max(1, way), MAX_COST), tag, backs: this.#backs[at] ?? 0 };
    }
    // An if without an else can be passed over.
    const around = this.#opcodes[at] === Op.if ? start : NEVER;
    this.isQuiet ||= this.#quietEnds[at] === true;
    if (around !== NEVER) this.isQuiet ||= this.#quietStarts[at] === true;
    return { cost: Math.max(cost, this.#peak(at), around), turn: 0, tag, backs: 0 };
  }

  #otherArm(cost: number): number {
    const at = this.depth - 1;
    this.#peaks[at] = Math.max(this.#peak(at), cost);
    if (this.isQuiet) this.#quietEnds[at] = true;
    this.isQuiet = this.#quietStarts[at] === true;
    return this.#starts[at] ?? 0;
  }

  #loopsUpTo(at: number): number {
    return this.#loops[at] ?? 0;
  }

  #peak(at: number): number {
    return this.#peaks[at] ?? NEVER;
  }
}
