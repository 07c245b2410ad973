// Character classes: what stands between [ and ].
import { CLASS_ESCAPES, complement, oneCharacter, range } from "./characters.ts";
import type { CharacterSet } from "./characters.ts";
import type { PatternSource } from "./source.ts";
import { PatternError } from "./syntax.ts";

/** Reads up to and with the closing bracket; the opening one has been read. */
export function readClass(source: PatternSource): CharacterSet {
  const start = source.position - 1;
  const isNegated = source.skip("^");
  // As in PCRE and Rust, a bracket that comes first is a character.
  let set: CharacterSet = source.skip("]") ? oneCharacter(0x5d) : 0n;
  while (!source.skip("]")) {
    if (source.atEnd) throw new PatternError("missing ] for this [", start);
    set |= readMember(source);
  }
  return isNegated ? complement(set) : set;
}

function readMember(source: PatternSource): CharacterSet {
  const position = source.position;
  const from = readCharacter(source);
  if (typeof from === "bigint") return from;
  if (source.take(/-(?!\])/y) === undefined) return oneCharacter(from);
  const to = readCharacter(source);
  if (typeof to === "bigint" || to < from) {
    throw new PatternError("expected a range from a lower to a higher character", position);
  }
  return range(from, to);
}

/** A number is a single character's code; a set stands for an escape such as `\d`. */
function readCharacter(source: PatternSource): number | CharacterSet {
  const position = source.position;
  const character = source.next();
  if (character === "") throw new PatternError("missing ] for this class", position);
  if (character === "[") {
    throw new PatternError(
      "nested classes are not supported: write \\[ for the character",
      position,
    );
  }
  if (character !== "\\") return source.asciiCode(character, position);
  const set = CLASS_ESCAPES.get(source.peek());
  if (set === undefined) return source.escapedCode();
  source.next();
  return set;
}
