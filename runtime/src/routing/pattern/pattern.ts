// Patterns of routes: what the config may write after `~` in a path and `~*` in a header value.
// Matching takes time linear in the text, whatever the pattern: no config can hold one that lets a client stall the
// gateway by backtracking, and both runtimes match alike.
import { anyCharacter } from "./characters.ts";
import { Automaton } from "./automaton.ts";
import { parsePattern } from "./parser.ts";
import { compileProgram } from "./program.ts";
import { literalPrefix } from "./syntax.ts";
import type { PatternNode } from "./syntax.ts";

export { PatternError } from "./syntax.ts";

export interface PathPattern {
  /** Characters that every matching path starts with. */
  readonly literalPrefix: string;
  /** Length of the match from the path's start, or -1. */
  matchLength(path: string): number;
}

/** A pattern that matches from the start of a path. @throws PatternError when it does not compile. */
export function compilePathPattern(text: string): PathPattern {
  const node = parsePattern(text);
  const automaton = new Automaton(compileProgram(node));
  return {
    literalPrefix: literalPrefix(node),
    matchLength: (path) => automaton.matchLength(path),
  };
}

/** A pattern that matches anywhere in a value, in any case. @throws PatternError when it does not compile. */
export function compileValuePattern(text: string): (value: string) => boolean {
  const anything: PatternNode = { kind: "characters", set: anyCharacter };
  const skipped: PatternNode = {
    kind: "repeat",
    item: anything,
    min: 0,
    max: Infinity,
    isLazy: true,
  };
  const node = parsePattern(text, { ignoresCase: true });
  const automaton = new Automaton(compileProgram({ kind: "sequence", items: [skipped, node] }));
  return (value) => automaton.accepts(value);
}
