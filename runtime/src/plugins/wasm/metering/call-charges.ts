// Which functions are charged for being called. Every cycle of calls needs one that is, and so does every tree of calls
// that is large. All others are free: small functions are what programs call most, and of QuickJS's 1,784 functions
// two thirds are free. Calls through a table are charged where they stand.
import type { CodePlan, FunctionPlan } from "./function-plan.ts";

export const CallCharge = {
  /** Not charged. Whatever it calls is not charged either, or charged by itself. */
  none: 0,
  /** When it is called. */
  entry: 1,
  /** When it calls others in turn: it often returns before that, as functions do that release an object. */
  calls: 2,
} as const;

/** What a call may do that nobody is charged for. */
const FREE_UNITS = 1024;
/** A function of this cost is charged anyway. That breaks most cycles where a check weighs least. */
const LARGE_UNITS = 256;

const State = { new: 0, open: 1, done: 2 } as const;

export class CallCharges {
  readonly #plan: CodePlan;
  readonly #states: Uint8Array;
  readonly #charges: Uint8Array;
  /** 1 for functions that, with all that they call, cannot lead back. */
  readonly #areClosed: Uint8Array;
  /** Units of a call with all that is called and free. */
  readonly #totals: Float64Array;
  /** The next callee to look at, among all. */
  readonly #next: Uint32Array;
  /** Depth first with a stack of our own: a chain of calls may be as long as the module has functions. */
  readonly #open: number[] = [];

  constructor(plan: CodePlan) {
    const count = plan.functions.length;
    this.#plan = plan;
    this.#states = new Uint8Array(count);
    this.#charges = new Uint8Array(count);
    this.#areClosed = new Uint8Array(count).fill(1);
    this.#totals = new Float64Array(count);
    this.#next = new Uint32Array(count);
    for (const [index, { cost }] of plan.functions.entries()) {
      if (cost > LARGE_UNITS) this.#charge(index);
    }
    for (const root of plan.functions.keys()) this.#visit(root);
  }

  /** {@link CallCharge} of a function. */
  of(index: number): number {
    return this.#charges[index] ?? CallCharge.entry;
  }

  /** Whether a function that is charged for its calls pays for one of that function. */
  paysFor(callee: number): boolean {
    return this.#areClosed[callee] === 0;
  }

  #visit(root: number): void {
    if (this.#states[root] !== State.new) return;
    this.#enter(root);
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      const at = this.#next[top] ?? 0;
      if (at >= this.#function(top).endCallee) {
        this.#leave(top);
        continue;
      }
      this.#next[top] = at + 1;
      const callee = this.#plan.callees.at(at);
      if (this.#states[callee] === State.new) {
        this.#enter(callee);
        continue;
      }
      // It is on the way here: the call closes a cycle.
      if (this.#states[callee] === State.open) this.#charge(callee);
      this.#addCallee(top, callee);
    }
  }

  #enter(index: number): void {
    const { cost, firstCallee } = this.#function(index);
    this.#states[index] = State.open;
    this.#totals[index] = cost;
    this.#next[index] = firstCallee;
    this.#open.push(index);
  }

  #leave(index: number): void {
    this.#states[index] = State.done;
    if ((this.#totals[index] ?? 0) > FREE_UNITS) this.#charge(index);
    this.#open.pop();
    const caller = this.#open.at(-1);
    if (caller !== undefined) this.#addCallee(caller, index);
  }

  #addCallee(caller: number, callee: number): void {
    if (this.#areClosed[callee] === 0) this.#areClosed[caller] = 0;
    if (this.#charges[callee] !== CallCharge.none) return;
    this.#totals[caller] = (this.#totals[caller] ?? 0) + (this.#totals[callee] ?? 0);
  }

  #charge(index: number): void {
    const { isQuiet, cost } = this.#function(index);
    this.#areClosed[index] = 0;
    this.#charges[index] = isQuiet && cost <= FREE_UNITS ? CallCharge.calls : CallCharge.entry;
  }

  #function(index: number): FunctionPlan {
    return this.#plan.functions[index] as FunctionPlan; // Indexes come from the plan.
  }
}
