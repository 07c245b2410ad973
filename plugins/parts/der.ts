// Reads DER (X.690): only as much as it takes to find one's way in a certificate.

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const Tag = {
  integer: 0x02,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** What is no DER, or not what was expected there. */
export class BadDer extends Error {}

/** The values one after the other. Throws BadDer unless they fill the bytes exactly. */
export function readAll(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { value, end } = readOne(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

/** The one value that the bytes hold, of that tag: its parts. */
export function partsOf(value: DerValue | undefined, tag: number): readonly DerValue[] {
  if (value?.tag !== tag) throw new BadDer("another value was expected");
  return readAll(value.content);
}

function readOne(bytes: Uint8Array, start: number): { value: DerValue; end: number } {
  const tag = bytes[start] ?? 0;
  // Tags of more than one byte are in no certificate.
  if ((tag & 0x1f) === 0x1f) throw new BadDer("an unknown tag");
  const first = bytes[start + 1];
  if (first === undefined) throw new BadDer("cut short");
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 3) throw new BadDer("a length that is none");
  let length = first < 0x80 ? first : 0;
  for (let at = 0; at < lengthBytes; at++) length = length * 256 + (bytes[start + 2 + at] ?? 0);
  const from = start + 2 + lengthBytes;
  const end = from + length;
  if (end > bytes.length) throw new BadDer("cut short");
  return { value: { tag, content: bytes.subarray(from, end) }, end };
}

/** In digits and dots. */
export function objectIdentifier({ tag, content }: DerValue): string {
  if (tag !== Tag.objectIdentifier || content.length === 0) throw new BadDer("no identifier");
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [both = 0, ...rest] = numbers;
  const first = Math.min(Math.floor(both / 40), 2);
  return [first, both - 40 * first, ...rest].join(".");
}

/** RFC 5280 has 64 characters for most attributes; URIs may be longer. */
const MAX_TEXT_BYTES = 2048;

/** Text of any of the kinds that names have (RFC 5280 §4.1.2.4). */
export function textOf({ tag, content }: DerValue): string {
  if (content.length > MAX_TEXT_BYTES) throw new BadDer("a text that is too long");
  if (tag === Tag.utf8String) return new TextDecoder().decode(content);
  if (tag !== Tag.bmpString) return String.fromCharCode(...content);
  let text = "";
  for (let at = 0; at + 1 < content.length; at += 2) {
    text += String.fromCharCode((content[at] ?? 0) * 256 + (content[at + 1] ?? 0));
  }
  return text;
}

/** ms since 1970 (RFC 5280 §4.1.2.5). */
export function timeOf(value: DerValue | undefined): number {
  const isShort = value?.tag === Tag.utcTime;
  if (value === undefined || (!isShort && value.tag !== Tag.generalizedTime)) {
    throw new BadDer("no time");
  }
  const text = textOf(value);
  const match = (
    isShort ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text);
  if (match === null) throw new BadDer("no time");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const century = isShort ? (year < 50 ? 2000 : 1900) : 0;
  return Date.UTC(century + year, month - 1, day, hour, minute, second);
}
