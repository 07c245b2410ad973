// Hostile modules that have no text, because they are no valid modules: bytes in the wrong place, too many of them, or
// indexes that do not exist, such as those of what the gateway's metering adds.
import { access, assemble, withSection } from "../harness/wat.ts";

const VERSION = '(func (export "sluice_abi_version") (result i32) (i32.const 1))';
const PARTS = `(memory (export "memory") 1) ${VERSION}`;

/** A number that stands in a module once; what follows it is changed. */
const MARK = 0x5a5a5a;
const MARK_BYTES = Buffer.from([0x41, 0xda, 0xb4, 0xe9, 0x02]);

/** A valid module whose bytes behind the mark are replaced. */
function patched(parts: string, replacement: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(assemble(`(module ${PARTS} ${parts})`));
  const at = bytes.indexOf(MARK_BYTES);
  if (at === -1) throw new Error("the module has no mark");
  bytes.set(replacement, at + MARK_BYTES.length);
  return Uint8Array.from(bytes);
}

const GLOBAL_SET = 0x24;
const LOCAL_SET = 0x21;
const CALL = 0x10;
const TABLE_GET = 0x25;
const VECTOR = 0xfd;

/** Access with one global, local, table and function that may be named. */
function reaching(instruction: string, replacement: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = access(
    `(local i32) ${instruction.replace("MARK", `(i32.const ${MARK})`)} (i32.const 0)`,
  );
  const parts = "(global $g (mut i32) (i32.const 0)) (table $t 1 funcref) (func $f (param i32))";
  return patched(`${parts} ${body}`, replacement);
}

/** Blocks in each other, to that depth. */
function nested(depth: number): Uint8Array<ArrayBuffer> {
  const blocks = [...repeat([0x02, 0x40], depth), ...repeat([0x0b], depth)];
  return withBody([0, ...blocks, 0x41, 0, 0x0b]);
}

/** A br_table with that many targets. */
function branching(targets: number): Uint8Array<ArrayBuffer> {
  const table = [0x0e, ...leb128(targets), ...repeat([0], targets + 1)];
  return withBody([0, 0x02, 0x40, 0x20, 0, ...table, 0x0b, 0x41, 0, 0x0b]);
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const RETURN_ONE = [4, 0, 0x41, 1, 0x0b];
const RETURN_ZERO = [4, 0, 0x41, 0, 0x0b];

/** A guest with the given body for `sluice_access`, written by hand. */
function withBody(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const exported = (text: string, kind: number, index: number): number[] => [
    ...name(text),
    kind,
    index,
  ];
  return Uint8Array.from([
    ...HEADER,
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(3, [3, 0, 0, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [
      4,
      ...exported("memory", 2, 0),
      ...exported("sluice_abi_version", 0, 0),
      ...exported("sluice_configure", 0, 1),
      ...exported("sluice_access", 0, 2),
    ]),
    ...section(10, [3, ...RETURN_ONE, ...RETURN_ZERO, ...leb128(body.length), ...body]),
  ]);
}

function section(id: number, body: readonly number[]): number[] {
  return [id, ...leb128(body.length), ...body];
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)];
}

function repeat(bytes: readonly number[], count: number): number[] {
  return Array.from({ length: count }, () => bytes).flat();
}

function harmless(): Uint8Array<ArrayBuffer> {
  return assemble(`(module ${PARTS} ${access("(i32.const 0)")})`);
}

/** Modules that must be refused, with what the gateway must say of them. */
export const REFUSED_BINARIES: Readonly<
  Record<string, readonly [make: () => Uint8Array, reason: RegExp]>
> = {
  "bytes-none": [() => new Uint8Array(), /does not start like a WebAssembly module/],
  "bytes-script": [() => Buffer.from("#!/bin/sh\nexit 0\n"), /does not start like a WebAssembly/],
  "bytes-cut": [() => harmless().subarray(0, -3), /ends in the middle of a section/],
  "bytes-changed": [() => harmless().map((byte, at) => (at === 40 ? byte ^ 0xff : byte)), /./],
  "bytes-many": [() => withSection(harmless(), "x", "x".repeat(100_000_000)), /at most 16777216/],
  "reaches-global": [
    () => reaching("(global.set $g MARK)", [GLOBAL_SET, 1]),
    /global 1 does not exist/,
  ],
  "reaches-local": [() => reaching("(local.set 2 MARK)", [LOCAL_SET, 3]), /local 3 does not exist/],
  "reaches-function": [
    () => reaching("(call $f MARK)", [CALL, 5]),
    /function 5 does not exist, there are 4/,
  ],
  "reaches-table": [
    () => reaching("(drop (table.get $t MARK))", [TABLE_GET, 1]),
    /table 1 does not exist/,
  ],
  "blocks-deep": [() => nested(100_000), /more than 10000 blocks in each other/],
  "branches-many": [() => branching(65_521), /a br_table of 65521 targets/],
  "instruction-unknown": [
    () => reaching("(drop MARK)", [0xff]),
    /instruction 0xff is not allowed \(byte \d+ of the code section\)/,
  ],
  "instruction-of-vectors": [
    () => reaching("(drop MARK) (nop) (nop)", [VECTOR, 0xff, 0x7f]),
    /vector instruction 0x[0-9a-f]+ is not allowed/,
  ],
};

/** Modules that are odd, and yet plugins: they must work. */
export const HARMLESS_BINARIES: Readonly<Record<string, () => Uint8Array>> = {
  "sections-of-nonsense": () =>
    [
      "name",
      "producers",
      "dylink.0",
      "sourceMappingURL",
      "metadata.code.branch_hint",
      "\u0000",
    ].reduce(
      (module, name) => withSection(module, name, "\u00ff nonsense ".repeat(100)),
      harmless(),
    ),
  "blocks-nested": () => nested(1000),
  "branches-large": () => branching(60_000),
};
