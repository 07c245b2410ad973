// Text of a pattern to its tree: the part of Rust's and PCRE's syntax that can be matched in linear time,
// which is what Kong's routes may use since 3.0. Everything else is an error that says so.
import { anyButLineFeed, CLASS_ESCAPES, oneCharacter, withoutCase } from "./characters.ts";
import type { CharacterSet } from "./characters.ts";
import { readClass } from "./class-reader.ts";
import { PatternSource } from "./source.ts";
import { PatternError } from "./syntax.ts";
import type { PatternNode } from "./syntax.ts";

const MAX_NESTING = 50;
const MAX_REPEATS = 1000;

/** @throws PatternError when the text is no pattern that can be matched in linear time. */
export function parsePattern(
  text: string,
  options?: { readonly ignoresCase: boolean },
): PatternNode {
  const parser = new PatternParser(new PatternSource(text), options?.ignoresCase ?? false);
  return parser.pattern();
}

class PatternParser {
  readonly #source: PatternSource;
  #nesting = 0;
  #captureCount = 0;
  #ignoresCase: boolean;

  constructor(source: PatternSource, ignoresCase: boolean) {
    this.#source = source;
    this.#ignoresCase = ignoresCase;
  }

  pattern(): PatternNode {
    const node = this.#choice();
    if (!this.#source.atEnd) throw this.#source.error("unmatched ): write \\) for the character");
    return node;
  }

  #choice(): PatternNode {
    const first = this.#sequence();
    if (this.#source.peek() !== "|") return first;
    const options = [first];
    while (this.#source.skip("|")) options.push(this.#sequence());
    return { kind: "choice", options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      const next = this.#source.peek();
      if (next === "" || next === "|" || next === ")") return { kind: "sequence", items };
      const position = this.#source.position;
      const item = this.#item();
      if (item !== undefined) items.push(this.#repeated(item, position));
    }
  }

  /** Undefined for a flag such as `(?i)`, which matches nothing. */
  #item(): PatternNode | undefined {
    const source = this.#source;
    const position = source.position;
    const character = source.next();
    switch (character) {
      case "(":
        return this.#group(position);
      case "[":
        return this.#characters(readClass(source));
      case ".":
        return this.#characters(anyButLineFeed);
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
      case "{":
        throw new PatternError(
          `nothing to repeat before ${character}: write \\${character} for the character`,
          position,
        );
      default:
        return this.#characters(oneCharacter(source.asciiCode(character, position)));
    }
  }

  #characters(set: CharacterSet): PatternNode {
    return { kind: "characters", set: this.#ignoresCase ? withoutCase(set) : set };
  }

  #escape(): PatternNode {
    const source = this.#source;
    if (source.skip("A")) return { kind: "start" };
    if (source.skip("z")) return { kind: "end" };
    const set = CLASS_ESCAPES.get(source.peek());
    if (set === undefined) return this.#characters(oneCharacter(source.escapedCode()));
    source.next();
    return this.#characters(set);
  }

  #group(position: number): PatternNode | undefined {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) {
      throw new PatternError(`expected at most ${MAX_NESTING} nested groups`, position);
    }
    const outerIgnoresCase = this.#ignoresCase;
    const name = this.#captureName();
    const kind = name === undefined ? this.#groupStart(position) : "group";
    // A bare flag holds to the end of the group around it.
    const node = kind === "flag" ? undefined : this.#choice();
    if (!this.#source.skip(")")) throw new PatternError("missing ) for this (", position);
    if (kind === "group") this.#ignoresCase = outerIgnoresCase;
    this.#nesting -= 1;
    return name === undefined || node === undefined ? node : { kind: "group", name, item: node };
  }

  /** Of a group that captures: its own name, or the number that all of them have in their order. */
  #captureName(): string | undefined {
    const source = this.#source;
    const name = source.take(/\?P?<[A-Za-z_]\w*>/y)?.replace(/^\?P?<|>$/g, "");
    if (name === undefined && source.peek() === "?") return undefined;
    this.#captureCount++;
    return name ?? String(this.#captureCount);
  }

  #groupStart(position: number): "group" | "flag" {
    const source = this.#source;
    source.skip("?");
    if (source.skip(":")) return "group";
    if (source.take(/<?[=!]/y) !== undefined) {
      throw new PatternError(
        "look-around is not supported: patterns are matched in linear time",
        position,
      );
    }
    const flag = source.take(/-?i(?=[:)])/y);
    if (flag === undefined) {
      throw new PatternError("expected (?:…), (?<name>…), (?i) or (?i:…)", position);
    }
    this.#ignoresCase = flag === "i";
    return source.skip(":") ? "group" : "flag";
  }

  #repeated(item: PatternNode, position: number): PatternNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    if (item.kind === "start" || item.kind === "end") {
      throw new PatternError("nothing to repeat after ^ or $", position);
    }
    const isLazy = this.#source.skip("?");
    if (/[*+?{]/.test(this.#source.peek())) {
      throw this.#source.error("expected one repetition only: put (?:…) around the first");
    }
    return { kind: "repeat", item, ...bounds, isLazy };
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    const source = this.#source;
    if (source.skip("*")) return { min: 0, max: Infinity };
    if (source.skip("+")) return { min: 1, max: Infinity };
    if (source.skip("?")) return { min: 0, max: 1 };
    if (source.peek() !== "{") return undefined;
    const position = source.position;
    const [, least, comma, most] =
      /^\{(\d+)(,?)(\d*)\}$/.exec(source.take(/\{[^}]*\}/y) ?? "") ?? [];
    if (least === undefined || (comma === "" && most !== "")) {
      throw new PatternError("expected {n}, {n,} or {n,m}: write \\{ for the character", position);
    }
    const min = Number(least);
    const open = comma === "" ? min : Infinity;
    const max = most === undefined || most === "" ? open : Number(most);
    if (max < min) throw new PatternError("expected {n,m} with n not above m", position);
    if (min > MAX_REPEATS || (max > MAX_REPEATS && max !== Infinity)) {
      throw new PatternError(`expected at most ${MAX_REPEATS} repetitions`, position);
    }
    return { min, max };
  }
}
