// Puts the author's files and lines into what a plugin says of its errors, by the source map in its .wasm.
import { decodeMappings } from "./mappings.ts";

/** The name of the script that QuickJS runs, in its stacks. */
export const SCRIPT_NAME = "plugin.js";

/** A frame of QuickJS: `    at name (plugin.js:1:234)`. */
const FRAME = /^(\s+at .*?\(?)plugin\.js:(\d{1,9}):(\d{1,9})(\)?)$/;

/** Larger ones are not read: whoever made the .wasm does not decide how long the gateway works on it. */
const MAX_MAP_BYTES = 4 * 1024 * 1024;

/** Texts of failures that are remembered: a fault that comes with each request is worked out once. */
const MAX_REMEMBERED = 32;

/** Line, column, source, its line, its column. */
const NUMBERS_PER_MAPPING = 5;

interface Positions {
  readonly sources: readonly string[];
  /** {@link NUMBERS_PER_MAPPING} for each mapping, in order of their places. */
  readonly numbers: Int32Array;
}

export class StackTraces {
  readonly #section: Uint8Array | undefined;
  readonly #remembered = new Map<string, string>();
  #positions: Positions | undefined;

  /** `section`: the content of the .wasm's section {@link SOURCE_MAP_SECTION}; read when it is needed first. */
  constructor(section: Uint8Array | undefined) {
    this.#section = section;
  }

  /**
   * The text with the author's positions in its stack. Frames of the SDK are left out. Text without a stack, and that
   * of a plugin without a readable source map, stays as it is.
   */
  resolve(text: string): string {
    if (this.#section === undefined || !text.includes(SCRIPT_NAME)) return text;
    const known = this.#remembered.get(text);
    if (known !== undefined) return known;
    this.#positions ??= readPositions(this.#section);
    const { numbers } = this.#positions;
    const resolved = numbers.length === 0 ? text : this.#resolveLines(text, this.#positions);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(text, resolved);
    return resolved;
  }

  #resolveLines(text: string, positions: Positions): string {
    const lines: string[] = [];
    for (const line of text.split("\n")) {
      const frame = FRAME.exec(line);
      const place = frame && find(positions, Number(frame[2]) - 1, Number(frame[3]) - 1);
      if (frame === null) lines.push(line);
      else if (place !== undefined) lines.push(`${frame[1]}${place}${frame[4]}`);
    }
    return lines.join("\n").trimEnd();
  }
}

/** Without any when the map is too large or malformed: a stack without the author's lines is better than none. */
function readPositions(section: Uint8Array): Positions {
  const none = { sources: [], numbers: new Int32Array(0) };
  if (section.length > MAX_MAP_BYTES) return none;
  try {
    const map: unknown = JSON.parse(new TextDecoder().decode(section));
    if (!isSourceMap(map)) return none;
    const numbers: number[] = [];
    for (const mapping of decodeMappings(map.mappings)) {
      const { line, column, source, sourceLine, sourceColumn } = mapping;
      numbers.push(line, column, source, sourceLine, sourceColumn);
    }
    return { sources: map.sources, numbers: Int32Array.from(numbers) };
  } catch {
    return none;
  }
}

function isSourceMap(value: unknown): value is { sources: readonly string[]; mappings: string } {
  if (typeof value !== "object" || value === null) return false;
  if (!("sources" in value) || !("mappings" in value)) return false;
  return Array.isArray(value.sources) && typeof value.mappings === "string";
}

/** `src/plugin.ts:12:7`, counted from 1; undefined for what is not the author's. */
function find({ sources, numbers }: Positions, line: number, column: number): string | undefined {
  let low = 0;
  let high = numbers.length / NUMBERS_PER_MAPPING;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * NUMBERS_PER_MAPPING;
    const mappedLine = numbers[at] ?? 0;
    const isAfter = mappedLine > line || (mappedLine === line && (numbers[at + 1] ?? 0) > column);
    if (isAfter) high = middle;
    else low = middle + 1;
  }
  const at = (low - 1) * NUMBERS_PER_MAPPING;
  const source = sources[numbers[at + 2] ?? -1];
  if (source === undefined) return undefined;
  return `${source}:${(numbers[at + 3] ?? 0) + 1}:${(numbers[at + 4] ?? 0) + 1}`;
}
