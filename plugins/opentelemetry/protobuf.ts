// As much of protobuf's encoding as spans need: https://protobuf.dev/programming-guides/encoding/. Each function gives a
// field, of a number up to 15, as hex digits: QuickJS joins texts faster than it fills arrays, and makes bytes of them in
// one call.
/// <reference lib="esnext.typedarrays" />

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const encoder = new TextEncoder();
const eight = new Uint8Array(8);
const view = new DataView(eight.buffer);

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

export function bytesOf(fields: string): Uint8Array {
  return Uint8Array.fromHex(fields);
}

/** A whole number of at most 53 bits; a negative one is sent as one of 64. */
export function varintField(field: number, value: number): string {
  return tag(field, VARINT) + (value < 0 ? negative(value) : varint(value));
}

export function fixed64Field(field: number, value: bigint): string {
  view.setBigUint64(0, value, true);
  return tag(field, FIXED64) + eight.toHex();
}

export function doubleField(field: number, value: number): string {
  view.setFloat64(0, value, true);
  return tag(field, FIXED64) + eight.toHex();
}

/** Bytes, or the fields of a message, in hex. */
export function bytesField(field: number, hex: string): string {
  const length = hex.length >> 1;
  // The usual case without calls, which QuickJS does not inline.
  return HEX[(field << 3) | BYTES] + (length < 128 ? (HEX[length] ?? "") : varint(length)) + hex;
}

export function textField(field: number, text: string): string {
  return bytesField(field, encoder.encode(text).toHex());
}

function tag(field: number, type: number): string {
  return HEX[(field << 3) | type] ?? "";
}

function varint(value: number): string {
  let digits = "";
  let rest = value;
  while (rest > 127) {
    digits += HEX[(rest % 128) | 128];
    rest = Math.floor(rest / 128);
  }
  return digits + HEX[rest];
}

function negative(value: number): string {
  let digits = "";
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    digits += HEX[Number(rest & 127n) | 128];
    rest >>= 7n;
  }
  return digits + HEX[Number(rest)];
}
