// Names and values that a plugin sets together: each is ended by NUL.
import { fieldNameAt, hashStep } from "../../http1/field-name.ts";
import type { FieldName } from "../../http1/field-name.ts";

export interface HeaderBlock {
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
}

/** Undefined when there are more or fewer than `count`; `expected` are the names of the last block of that place. */
export function readBlock(
  text: string,
  count: number,
  expected: readonly FieldName[] = [],
): HeaderBlock | undefined {
  const names: FieldName[] = [];
  const values: string[] = [];
  let at = 0;
  for (let pair = 0; pair < count; pair++) {
    const nameEnd = text.indexOf("\0", at);
    const valueEnd = nameEnd < 0 ? -1 : text.indexOf("\0", nameEnd + 1);
    if (valueEnd < 0) return undefined;
    const known = expected[pair];
    // Its values may be others each time; its names seldom are.
    const isKnown = known?.text.length === nameEnd - at && text.startsWith(known.text, at);
    names.push(isKnown ? known : fieldNameAt(text, at, nameEnd, hashOf(text, at, nameEnd)));
    values.push(text.slice(nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  // With a NUL in a name or value there are more parts than the guest counted.
  return at === text.length ? { names, values } : undefined;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = hashStep(hash, text.charCodeAt(at));
  return hash;
}
