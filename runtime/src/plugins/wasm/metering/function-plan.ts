// What was found in a module's code, before any of it is written anew.
import { IntList } from "./int-list.ts";

/** What is changed at a place of a function's code. */
export const EditKind = {
  /** The head of a loop is replaced; the value is the cost of one turn, the other one a {@link LoopCheck}. */
  loop: 0,
  /** A loop's end is doubled. */
  loopEnd: 1,
  /** A label is replaced by the value. */
  label: 2,
  /** Before an instruction, the value is charged. */
  units: 3,
  /** Before an instruction whose work is as large as the number on the stack, in bytes, that is charged. */
  bytes: 4,
  /** The same in entries of a table. */
  entries: 5,
  /** Before an instruction that may take long, whatever its operand, the clock is looked at. */
  clock: 6,
  /** At the start of a handler, the clock is looked at. */
  handler: 7,
  /** Before a call of the function with that index, which is charged where its caller is charged for calls. */
  call: 8,
  /** A `br` back to a loop is replaced; the value is its new label, the other one the index of the loop's edit. */
  turn: 9,
  /** The same of a `br_if`. */
  turnIf: 10,
} as const;

/** Where a loop's turns are charged. */
export const LoopCheck = {
  /** At its head. */
  head: 0,
  /** Where the code goes back to it. Many loops go back once or never, and pay nothing for their first turn. */
  back: 1,
} as const;

/** Edits in the order of their places. What is replaced is from `start` to `end`; nothing when they are the same. */
export class Edits {
  readonly #numbers: IntList = new IntList();

  get count(): number {
    return this.#numbers.length / FIELDS;
  }

  /** Gives its index. */
  add(kind: number, start: number, end: number, value: number, other = 0): number {
    const index = this.count;
    if (index === MAX_EDITS) {
      throw new Error(`more than ${MAX_EDITS} loops, calls and branches out of loops`);
    }
    this.#numbers.push(kind);
    this.#numbers.push(start);
    this.#numbers.push(end);
    this.#numbers.push(value);
    this.#numbers.push(other);
    return index;
  }

  /** Adds one that replaces nothing. */
  insert(kind: number, at: number, value = 0): void {
    this.add(kind, at, at, value);
  }

  set(index: number, value: number, other: number): void {
    this.#numbers.set(index * FIELDS + 3, value);
    this.#numbers.set(index * FIELDS + 4, other);
  }

  kind(index: number): number {
    return this.#numbers.at(index * FIELDS);
  }

  start(index: number): number {
    return this.#numbers.at(index * FIELDS + 1);
  }

  end(index: number): number {
    return this.#numbers.at(index * FIELDS + 2);
  }

  value(index: number): number {
    return this.#numbers.at(index * FIELDS + 3);
  }

  other(index: number): number {
    return this.#numbers.at(index * FIELDS + 4);
  }
}

const FIELDS = 5;
/** QuickJS has 20,000. Each takes a moment in which no request is served: this many, some tenths of a second. */
const MAX_EDITS = 500_000;

/** A function that is not imported. Places are those of the module's bytes. */
export interface FunctionPlan {
  /** Of the length before the body. */
  readonly start: number;
  readonly localsStart: number;
  readonly codeStart: number;
  readonly end: number;
  /** Parameters and locals; the loops' counter is the next one. */
  readonly locals: number;
  /** Units of the longest way through the function, each loop taken once. */
  readonly cost: number;
  /** There is a way through it on which it calls no function by name. */
  readonly isQuiet: boolean;
  /** Units of the longest turn of a loop; 0 without loops. */
  readonly longestTurn: number;
  readonly firstEdit: number;
  readonly endEdit: number;
  /** Among the callees of all functions. */
  readonly firstCallee: number;
  readonly endCallee: number;
}

export class CodePlan {
  readonly functions: FunctionPlan[] = [];
  readonly edits: Edits = new Edits();
  /** Called by name: indexes among the functions that are not imported. */
  readonly callees: IntList = new IntList();
}
