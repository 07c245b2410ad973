// Tree to a program for a machine of many threads (Thompson 1968, Pike): where a pattern leaves a choice,
// a thread splits, and the branch that a backtracking matcher would try first comes first.
import type { CharacterSet } from "./characters.ts";
import { PatternError } from "./syntax.ts";
import type { PatternNode } from "./syntax.ts";

export type Instruction =
  | { readonly kind: "characters"; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  /** A border of the group that is captured. */
  | { readonly kind: "save"; readonly isStart: boolean; readonly next: number }
  | { readonly kind: "start"; readonly next: number }
  | { readonly kind: "end"; readonly next: number }
  | { readonly kind: "match" };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly entry: number;
}

// A step of the machine costs at most one visit to each instruction: this bounds the cost of a character.
const MAX_INSTRUCTIONS = 2000;

/**
 * A program that captures the group of that name, or none.
 * @throws PatternError when the pattern is too large.
 */
export function compileProgram(node: PatternNode, captured?: string): Program {
  const builder = new ProgramBuilder(captured);
  const match = builder.add({ kind: "match" });
  const entry = builder.build(node, match);
  return { instructions: builder.instructions, entry };
}

/** Builds from the end to the start, so that `next` is always known, except for loops. */
class ProgramBuilder {
  readonly instructions: Instruction[] = [];
  readonly #captured: string | undefined;

  constructor(captured: string | undefined) {
    this.#captured = captured;
  }

  add(instruction: Instruction): number {
    if (this.instructions.length >= MAX_INSTRUCTIONS) {
      throw new PatternError("the pattern is too large: use fewer or smaller repetitions", 0);
    }
    return this.instructions.push(instruction) - 1;
  }

  /** Adds the node so that it goes on to `next`; returns where it starts. */
  build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "characters":
        return this.add({ kind: "characters", set: node.set, next });
      case "start":
      case "end":
        return this.add({ kind: node.kind, next });
      case "sequence":
        return node.items.reduceRight((following, item) => this.build(item, following), next);
      case "choice": {
        const entries = node.options.map((option) => this.build(option, next));
        return entries.reduceRight((second, first) => this.add({ kind: "split", first, second }));
      }
      case "repeat":
        return this.#repeat(node, next);
      case "group": {
        if (node.name !== this.#captured) return this.build(node.item, next);
        const end = this.add({ kind: "save", isStart: false, next });
        return this.add({ kind: "save", isStart: true, next: this.build(node.item, end) });
      }
    }
  }

  #repeat(node: PatternNode & { kind: "repeat" }, next: number): number {
    let entry = node.max === Infinity ? this.#loop(node, next) : next;
    const optional = node.max === Infinity ? 0 : node.max - node.min;
    for (let count = 0; count < optional; count += 1) {
      entry = this.#split(this.build(node.item, entry), next, node.isLazy);
    }
    for (let count = 0; count < node.min; count += 1) {
      const start = this.build(node.item, entry);
      // An item that matches nothing, such as (), need not be built again, however often it is repeated.
      if (start === entry) break;
      entry = start;
    }
    return entry;
  }

  #loop(node: PatternNode & { kind: "repeat" }, next: number): number {
    // The split is added first, as the place where the body ends, and filled in when the body's start is known.
    const split = this.#split(next, next, node.isLazy);
    const body = this.build(node.item, split);
    const [first, second] = node.isLazy ? [next, body] : [body, next];
    this.instructions[split] = { kind: "split", first, second };
    return split;
  }

  #split(body: number, next: number, isLazy: boolean): number {
    return isLazy
      ? this.add({ kind: "split", first: next, second: body })
      : this.add({ kind: "split", first: body, second: next });
  }
}
