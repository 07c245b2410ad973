// The `mappings` of a source map (ECMA-426): positions in base 64 VLQ numbers, each relative to the one before.

/** A place in the generated script and, unless `source` is -1, where it comes from. All count from 0. */
export interface Mapping {
  readonly line: number;
  readonly column: number;
  readonly source: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<string, number> = new Map(DIGITS.split("").map((digit, i) => [digit, i]));

/** Bits of a digit, and the one that says that more follow. */
const BITS = 5;
const MORE = 1 << BITS;

/** In order of their places. Throws a RangeError when the text is malformed. */
export function* decodeMappings(text: string): Generator<Mapping> {
  let [source, sourceLine, sourceColumn] = [0, 0, 0];
  for (const [line, segments] of text.split(";").entries()) {
    let column = 0;
    for (const segment of segments.split(",")) {
      if (segment === "") continue;
      const [columns, sources, lines, sourceColumns] = decodeNumbers(segment);
      column += columns ?? 0;
      if (sources === undefined) {
        yield { line, column, source: -1, sourceLine: 0, sourceColumn: 0 };
        continue;
      }
      source += sources;
      sourceLine += lines ?? 0;
      sourceColumn += sourceColumns ?? 0;
      yield { line, column, source, sourceLine, sourceColumn };
    }
  }
}

function decodeNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = VALUES.get(digit);
    if (bits === undefined || shift > 30) throw new RangeError("a source map is malformed");
    value |= (bits & (MORE - 1)) << shift;
    shift += BITS;
    if (bits >= MORE) continue;
    numbers.push((value & 1) === 0 ? value >>> 1 : -(value >>> 1));
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** The mappings come in order of their places. */
export function encodeMappings(mappings: Iterable<Mapping>): string {
  let text = "";
  let before: Mapping = { line: 0, column: 0, source: 0, sourceLine: 0, sourceColumn: 0 };
  let isFirst = true;
  for (const mapping of mappings) {
    const isNewLine = mapping.line > before.line;
    if (isNewLine) text += ";".repeat(mapping.line - before.line);
    else if (!isFirst) text += ",";
    isFirst = false;
    text += encodeNumber(mapping.column - (isNewLine ? 0 : before.column));
    if (mapping.source === -1) {
      before = { ...before, line: mapping.line, column: mapping.column };
      continue;
    }
    text += encodeNumber(mapping.source - before.source);
    text += encodeNumber(mapping.sourceLine - before.sourceLine);
    text += encodeNumber(mapping.sourceColumn - before.sourceColumn);
    before = mapping;
  }
  return text;
}

function encodeNumber(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const bits = rest & (MORE - 1);
    rest >>>= BITS;
    text += DIGITS[rest === 0 ? bits : bits | MORE];
  } while (rest !== 0);
  return text;
}
