// The instructions of WebAssembly as far as metering must know them: how long each is, what each costs, which are not
// taken. https://webassembly.github.io/spec/core/appendix/index-instructions.html

/** Instructions that metering looks into; all others are known by {@link SHAPES} alone. */
export const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  selectTyped: 0x1c,
  tryTable: 0x1f,
  globalGet: 0x23,
  globalSet: 0x24,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32LtS: 0x48,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32ShrU: 0x76,
  i32Eqz: 0x45,
  refNull: 0xd0,
  refFunc: 0xd2,
  bulk: 0xfc,
  vector: 0xfd,
  unreachable: 0x00,
} as const;

/** Second number of instructions that begin with 0xfc. */
export const BulkOp = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

/** What follows an opcode. */
export const Shape = {
  /** Nothing. */
  plain: 0,
  /** Alignment and offset. */
  memory: 1,
  local: 2,
  global: 3,
  table: 4,
  /** One LEB128 number of any kind. */
  number: 5,
  /** Handled one by one: it decides where the code goes on. */
  control: 6,
  /** Handled one by one. */
  special: 7,
  /** Not taken: see {@link REFUSED}. */
  refused: 8,
} as const;

/** Of a call by name: what callees do that are not charged themselves, on average. */
const CALL_COST = 32;
/** Charged before a call through a table. */
export const INDIRECT_CALL_COST = 64;
/** Charged before a call of a host function: leaving WebAssembly, and what most of them do at least. */
export const HOST_CALL_COST = 256;

/**
 * Charged before a try_table. What it catches may have taken an engine 0.1 ms to throw, a full stack for one, and to
 * catch again it must be entered again. Older handlers look at the clock by themselves.
 */
export const TRY_TABLE_COST = 16_384;

/** {@link Shape} of each opcode of one byte. */
export const SHAPES: Readonly<Uint8Array> = shapes();

/** Units of each opcode of one byte; one unit is about the work of one simple instruction. */
export const COSTS: Readonly<Uint8Array> = costs();

/** Opcodes and prefixes that are understood well enough to be named. */
export const REFUSED: ReadonlyMap<number, string> = new Map([
  [0x14, "call_ref (typed function references)"],
  [0x15, "return_call_ref (typed function references)"],
  [0xd3, "ref.eq (garbage collection)"],
  [0xd4, "ref.as_non_null (typed function references)"],
  [0xd5, "br_on_null (typed function references)"],
  [0xd6, "br_on_non_null (typed function references)"],
  [0xfb, "an instruction of garbage collection (0xfb)"],
  [0xfe, "an instruction of threads (0xfe)"],
]);

function shapes(): Uint8Array {
  const all = new Uint8Array(256).fill(Shape.refused);
  const set = (shape: number, first: number, last: number = first): void => {
    all.fill(shape, first, last + 1);
  };
  set(Shape.control, Op.unreachable, Op.returnCallIndirect);
  set(Shape.plain, 0x01); // nop
  set(Shape.control, Op.delegate, Op.catchAll);
  set(Shape.plain, 0x1a, 0x1b); // drop, select
  set(Shape.special, Op.selectTyped);
  set(Shape.control, Op.tryTable);
  set(Shape.local, Op.localGet, Op.localTee);
  set(Shape.global, Op.globalGet, Op.globalSet);
  set(Shape.table, 0x25, 0x26); // table.get, table.set
  set(Shape.memory, 0x28, 0x3e);
  set(Shape.special, Op.memorySize, Op.memoryGrow);
  set(Shape.number, Op.i32Const, Op.i64Const);
  set(Shape.special, Op.f32Const, Op.f64Const);
  set(Shape.plain, Op.i32Eqz, 0xc4);
  set(Shape.special, Op.refNull);
  set(Shape.plain, 0xd1); // ref.is_null
  set(Shape.special, Op.refFunc);
  set(Shape.special, Op.bulk, Op.vector);
  return all;
}

function costs(): Uint8Array {
  const all = new Uint8Array(256).fill(1);
  for (const structure of [Op.block, Op.loop, Op.else, Op.end, Op.try, Op.tryTable, 0x01]) {
    all[structure] = 0;
  }
  const slow = 8;
  all.fill(slow, 0x6d, 0x71); // i32.div_s to i32.rem_u
  all.fill(slow, 0x7f, 0x83); // i64.div_s to i64.rem_u
  for (const root of [0x91, 0x9f]) all[root] = slow;
  for (const division of [0x95, 0xa3]) all[division] = slow;
  for (const call of [Op.call, Op.callIndirect, Op.returnCall, Op.returnCallIndirect]) {
    all[call] = CALL_COST;
  }
  return all;
}
