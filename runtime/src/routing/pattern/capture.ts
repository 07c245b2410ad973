// Finds what a named group of a pattern matched, in one pass over the text as ever (Pike's machine): every thread
// remembers where the group began and ended on its way.
import { contains, SYMBOLS } from "./characters.ts";
import type { Program } from "./program.ts";

/** Stands for all characters from 0x80 on. */
const LAST_SYMBOL = SYMBOLS - 1;

interface Thread {
  readonly instruction: number;
  /** Of the group; -1 for not yet. */
  readonly start: number;
  readonly end: number;
}

/** A program that was made to save the borders of one group. */
export class CaptureMachine {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Of the match that starts where the text does; undefined when the group is no part of it, or there is none. */
  capture(text: string): string | undefined {
    let threads = this.#follow([{ instruction: this.#program.entry, start: -1, end: -1 }], 0, text);
    let found: Thread | undefined;
    for (let index = 0; threads.length > 0; index++) {
      const reached: Thread[] = [];
      for (const thread of threads) {
        const instruction = this.#program.instructions[thread.instruction];
        if (instruction?.kind === "match") {
          found = thread;
          // The rest are less preferred.
          break;
        }
        if (instruction?.kind !== "characters" || index >= text.length) continue;
        const symbol = Math.min(text.charCodeAt(index), LAST_SYMBOL);
        if (!contains(instruction.set, symbol)) continue;
        reached.push({ ...thread, instruction: instruction.next });
      }
      threads = this.#follow(reached, index + 1, text);
    }
    if (found === undefined || found.end < 0) return undefined;
    return text.slice(found.start, found.end);
  }

  /** Follows all instructions that take no character, in order of preference. */
  #follow(from: readonly Thread[], index: number, text: string): Thread[] {
    const threads: Thread[] = [];
    const seen = new Set<number>();
    const pending = from.toReversed();
    for (let thread = pending.pop(); thread !== undefined; thread = pending.pop()) {
      if (seen.has(thread.instruction)) continue;
      seen.add(thread.instruction);
      const instruction = this.#program.instructions[thread.instruction];
      switch (instruction?.kind) {
        case "split":
          pending.push({ ...thread, instruction: instruction.second });
          pending.push({ ...thread, instruction: instruction.first });
          break;
        case "save": {
          const border = instruction.isStart ? { start: index, end: -1 } : { end: index };
          pending.push({ ...thread, ...border, instruction: instruction.next });
          break;
        }
        case "start":
          if (index === 0) pending.push({ ...thread, instruction: instruction.next });
          break;
        case "end":
          if (index === text.length) pending.push({ ...thread, instruction: instruction.next });
          break;
        case "match":
        case "characters":
          threads.push(thread);
          break;
        case undefined:
          break;
      }
    }
    return threads;
  }
}
