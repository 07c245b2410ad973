// Patterns of routes: what the config may write after `~` in a path and `~*` in a header value.
// Matching takes time linear in the text, whatever the pattern: no config can hold one that lets a client stall the
// gateway by backtracking, and both runtimes match alike.
import { anyCharacter } from "./characters.ts";
import { Automaton } from "./automaton.ts";
import { CaptureMachine } from "./capture.ts";
import { parsePattern } from "./parser.ts";
import { compileProgram } from "./program.ts";
import { captureNames, literalPrefix } from "./syntax.ts";
import type { PatternNode } from "./syntax.ts";

export { PatternError } from "./syntax.ts";

export interface PathPattern {
  /** Characters that every matching path starts with. */
  readonly literalPrefix: string;
  /** Length of the match from the path's start, or -1. */
  matchLength(path: string): number;
  /** What the group of that name matched; undefined when there is no such group, or it is no part of the match. */
  capture(path: string, name: string): string | undefined;
  /** What all groups matched, by their numbers and, where they have them, names. */
  captures(path: string): Readonly<Record<string, string>>;
}

/** A pattern that matches from the start of a path. @throws PatternError when it does not compile. */
export function compilePathPattern(text: string): PathPattern {
  const node = parsePattern(text);
  const automaton = new Automaton(compileProgram(node));
  const machines = new Map<string, CaptureMachine>();
  let names: readonly string[] | undefined;
  return {
    literalPrefix: literalPrefix(node),
    matchLength: (path) => automaton.matchLength(path),
    capture: (path, name) => captureMachine(text, name, machines).capture(path),
    captures: (path) => {
      names ??= captureNames(node);
      const found: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        const value = captureMachine(text, name, machines).capture(path);
        if (value !== undefined) found[name] = found[index + 1] = value;
      }
      return found;
    },
  };
}

/** Made when it is first asked for, which for most patterns is never. */
function captureMachine(
  text: string,
  name: string,
  machines: Map<string, CaptureMachine>,
): CaptureMachine {
  let machine = machines.get(name);
  if (machine === undefined) {
    machine = new CaptureMachine(compileProgram(parsePattern(text), name));
    machines.set(name, machine);
  }
  return machine;
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
