// A cursor over the text of a pattern, with what groups and classes read alike: single characters and escapes.
import { PatternError } from "./syntax.ts";

const CONTROL_ESCAPES: ReadonlyMap<string, number> = new Map([
  ["t", 0x09],
  ["n", 0x0a],
  ["v", 0x0b],
  ["f", 0x0c],
  ["r", 0x0d],
]);

export class PatternSource {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The next character, empty at the end. */
  peek(): string {
    return this.#text.charAt(this.#position);
  }

  next(): string {
    const character = this.peek();
    this.#position += 1;
    return character;
  }

  skip(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#position += 1;
    return true;
  }

  /** Takes what the sticky expression matches here. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const taken = expression.exec(this.#text)?.[0];
    if (taken !== undefined) this.#position += taken.length;
    return taken;
  }

  /** The character that an escape stands for; the backslash has been read. */
  escapedCode(): number {
    const position = this.#position - 1;
    const hex = this.take(/x[0-9A-Fa-f]{2}/y);
    if (hex !== undefined) return this.#ascii(Number.parseInt(hex.slice(1), 16), position);
    const character = this.next();
    const control = CONTROL_ESCAPES.get(character);
    if (control !== undefined) return control;
    if (character === "") throw new PatternError("expected a character after \\", position);
    if (/[0-9A-Za-z]/.test(character)) {
      throw new PatternError(`\\${character} is not supported here`, position);
    }
    return this.asciiCode(character, position);
  }

  asciiCode(character: string, position: number): number {
    return this.#ascii(character.charCodeAt(0), position);
  }

  error(message: string): PatternError {
    return new PatternError(message, this.#position);
  }

  #ascii(code: number, position: number): number {
    if (code < 0x80) return code;
    throw new PatternError(
      "expected ASCII: other characters arrive as escapes like %C3%A9",
      position,
    );
  }
}
