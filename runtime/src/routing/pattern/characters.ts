// Sets of characters as bit masks: bit n is the character with code n, bit 128 every character from 0x80 on.
// Canonical paths are ASCII; header values may hold bytes above it, which only negated sets and `.` match.

export type CharacterSet = bigint;

/** How many symbols a set tells apart. */
export const SYMBOLS = 129;

const everything: CharacterSet = (1n << BigInt(SYMBOLS)) - 1n;

export function oneCharacter(code: number): CharacterSet {
  return 1n << BigInt(Math.min(code, SYMBOLS - 1));
}

export function range(from: number, to: number): CharacterSet {
  let set: CharacterSet = 0n;
  for (let code = from; code <= to; code += 1) set |= oneCharacter(code);
  return set;
}

export function complement(set: CharacterSet): CharacterSet {
  return everything ^ set;
}

export function contains(set: CharacterSet, symbol: number): boolean {
  return ((set >> BigInt(symbol)) & 1n) === 1n;
}

/** The symbols of the set, in order. */
export function members(set: CharacterSet): readonly number[] {
  const bits = set.toString(2);
  const symbols: number[] = [];
  for (let symbol = 0; symbol < bits.length; symbol += 1) {
    if (bits.charAt(bits.length - 1 - symbol) === "1") symbols.push(symbol);
  }
  return symbols;
}

const upperCase = range(0x41, 0x5a);
const lowerCase = range(0x61, 0x7a);
const caseDistance = 0x20n;

/** The set with the other case of each of its letters. */
export function withoutCase(set: CharacterSet): CharacterSet {
  return set | ((set & upperCase) << caseDistance) | ((set & lowerCase) >> caseDistance);
}

/** The only character of the set, or undefined when there are none or several. */
export function singleCharacter(set: CharacterSet): string | undefined {
  if (set === 0n || (set & (set - 1n)) !== 0n) return undefined;
  const code = set.toString(2).length - 1;
  return code < SYMBOLS - 1 ? String.fromCharCode(code) : undefined;
}

const digits = range(0x30, 0x39);
const word = digits | upperCase | lowerCase | oneCharacter(0x5f);
const space = range(0x09, 0x0d) | oneCharacter(0x20);

export const anyCharacter: CharacterSet = everything;
export const anyButLineFeed: CharacterSet = complement(oneCharacter(0x0a));

/** What `\d`, `\w`, `\s` and their opposites stand for, by letter. */
export const CLASS_ESCAPES: ReadonlyMap<string, CharacterSet> = new Map([
  ["d", digits],
  ["D", complement(digits)],
  ["w", word],
  ["W", complement(word)],
  ["s", space],
  ["S", complement(space)],
]);
