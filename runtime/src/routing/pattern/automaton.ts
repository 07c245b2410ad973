// Runs a program in one pass over the text, whatever the pattern: the threads that are alive after a character are
// one state of a deterministic automaton, built when it is first reached and found again from then on (as RE2 does).
import { anyCharacter, contains, members, SYMBOLS } from "./characters.ts";
import type { CharacterSet } from "./characters.ts";
import type { Instruction, Program } from "./program.ts";

// Beyond this the states are forgotten and built anew: memory stays bounded, and time stays linear.
export const MAX_STATES = 500;

/** Stands for all characters from 0x80 on. */
const LAST_SYMBOL = SYMBOLS - 1;

interface State {
  /** Instructions that wait for a character or the end, in order of preference. */
  readonly threads: readonly number[];
  readonly isDead: boolean;
  readonly accepts: boolean;
  readonly acceptsAtEnd: boolean;
  /** By symbol group. */
  readonly next: (State | undefined)[];
}

export class Automaton {
  readonly #program: Program;
  readonly #groupOf: Uint8Array;
  readonly #exampleOf: readonly number[];
  readonly #states = new Map<string, State>();
  #start: State;

  constructor(program: Program) {
    this.#program = program;
    const groups = symbolGroups(program.instructions);
    this.#groupOf = groups.groupOf;
    this.#exampleOf = groups.exampleOf;
    this.#start = this.#startState();
  }

  /** How many states are held now. */
  get stateCount(): number {
    return this.#states.size;
  }

  /**
   * Length of the match that starts where the text does, or -1. Of several it is the one that a backtracking matcher
   * would find first.
   */
  matchLength(text: string): number {
    let state = this.#start;
    let matched = state.accepts ? 0 : -1;
    const groupOf = this.#groupOf;
    for (let index = 0; index < text.length; index += 1) {
      const group = groupOf[Math.min(text.charCodeAt(index), LAST_SYMBOL)] ?? 0;
      state = state.next[group] ?? this.#step(state, group);
      if (state.isDead) return matched;
      if (state.accepts) matched = index + 1;
    }
    return state.acceptsAtEnd ? text.length : matched;
  }

  /** Whether some match starts where the text does; stops at the first. */
  accepts(text: string): boolean {
    let state = this.#start;
    const groupOf = this.#groupOf;
    for (let index = 0; index < text.length; index += 1) {
      if (state.accepts) return true;
      if (state.isDead) return false;
      const group = groupOf[Math.min(text.charCodeAt(index), LAST_SYMBOL)] ?? 0;
      state = state.next[group] ?? this.#step(state, group);
    }
    return state.accepts || state.acceptsAtEnd;
  }

  #startState(): State {
    return this.#state([this.#program.entry], true);
  }

  #step(state: State, group: number): State {
    if (this.#states.size >= MAX_STATES) {
      this.#states.clear();
      this.#start = this.#startState();
    }
    const symbol = this.#exampleOf[group] ?? 0;
    const reached: number[] = [];
    for (const thread of state.threads) {
      const instruction = this.#program.instructions[thread];
      if (instruction?.kind !== "characters" || !contains(instruction.set, symbol)) continue;
      reached.push(instruction.next);
    }
    const next = this.#state(reached, false);
    state.next[group] = next;
    return next;
  }

  #state(reached: readonly number[], isAtStart: boolean): State {
    const { threads, accepts } = this.#follow(reached, isAtStart, false);
    const key = `${threads.join(",")}${accepts ? "!" : ""}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state: State = {
      threads,
      accepts,
      isDead: threads.length === 0 && !accepts,
      acceptsAtEnd: accepts || this.#follow(threads, false, true).accepts,
      next: Array.from({ length: this.#exampleOf.length }, () => undefined),
    };
    this.#states.set(key, state);
    return state;
  }

  /** Follows all instructions that take no character; what is less preferred than a match is dropped. */
  #follow(
    from: readonly number[],
    isAtStart: boolean,
    isAtEnd: boolean,
  ): { readonly threads: readonly number[]; readonly accepts: boolean } {
    const threads: number[] = [];
    const seen = new Set<number>();
    const pending = from.toReversed();
    for (let thread = pending.pop(); thread !== undefined; thread = pending.pop()) {
      if (seen.has(thread)) continue;
      seen.add(thread);
      const instruction = this.#program.instructions[thread];
      switch (instruction?.kind) {
        case "match":
          return { threads, accepts: true };
        case "split":
          pending.push(instruction.second, instruction.first);
          break;
        case "save":
          pending.push(instruction.next);
          break;
        case "start":
          if (isAtStart) pending.push(instruction.next);
          break;
        case "end":
          if (isAtEnd) pending.push(instruction.next);
          else threads.push(thread);
          break;
        case "characters":
          threads.push(thread);
          break;
        case undefined:
          break;
      }
    }
    return { threads, accepts: false };
  }
}

/** Symbols that no set of the program tells apart share a group, which keeps the automaton's tables small. */
function symbolGroups(instructions: readonly Instruction[]): {
  readonly groupOf: Uint8Array;
  readonly exampleOf: readonly number[];
} {
  let groups: CharacterSet[] = [anyCharacter];
  for (const instruction of instructions) {
    if (instruction.kind !== "characters") continue;
    const parts = groups.flatMap((group) => [group & instruction.set, group & ~instruction.set]);
    groups = parts.filter((part) => part !== 0n);
  }
  const groupOf = new Uint8Array(SYMBOLS);
  const exampleOf = groups.map((group, index) => {
    const symbols = members(group);
    for (const symbol of symbols) groupOf[symbol] = index;
    return symbols[0] ?? 0;
  });
  return { groupOf, exampleOf };
}
