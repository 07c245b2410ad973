// QuickJS values as they are on 32-bit targets: the tag in the upper half, an int or a pointer in the lower,
// doubles shifted so that their NaN space holds the tags (quickjs.h, JS_NAN_BOXING).

const TAG_OBJECT: i32 = -1;
const TAG_INT: i32 = 0;
const TAG_EXCEPTION: i32 = 6;
/** 0x7ff80000 - JS_TAG_FIRST + 1, with JS_TAG_FIRST = -9. */
const DOUBLE_OFFSET: u64 = 0x7ff8000a << 32;

export const NULL: u64 = 2 << 32;
export const UNDEFINED: u64 = 3 << 32;
export const EXCEPTION: u64 = 6 << 32;

// @ts-ignore: decorator
@inline
function tagOf(value: u64): i32 {
  return <i32>(value >> 32);
}

// @ts-ignore: decorator
@inline
export function isException(value: u64): bool {
  return tagOf(value) == TAG_EXCEPTION;
}

// @ts-ignore: decorator
@inline
export function isInt(value: u64): bool {
  return tagOf(value) == TAG_INT;
}

// @ts-ignore: decorator
@inline
export function isObject(value: u64): bool {
  return tagOf(value) == TAG_OBJECT;
}

// @ts-ignore: decorator
@inline
export function boxInt(value: i32): u64 {
  return <u64>(<u32>value);
}

/** Whole numbers become ints, which QuickJS computes with faster. */
export function boxNumber(value: f64): u64 {
  const int = <i32>value;
  if (<f64>int == value && (int != 0 || reinterpret<u64>(value) == 0)) return boxInt(int);
  return boxDouble(value);
}

function boxDouble(value: f64): u64 {
  return isNaN(value) ? 0x7ff8000000000000 - DOUBLE_OFFSET : reinterpret<u64>(value) - DOUBLE_OFFSET;
}

/** The n-th argument of a native function as int; the guest passes nothing else there. */
// @ts-ignore: decorator
@inline
export function intArgument(argv: usize, n: i32): i32 {
  return <i32>load<u32>(argv + (n << 3));
}

// @ts-ignore: decorator
@inline
export function argument(argv: usize, n: i32): u64 {
  return load<u64>(argv + (n << 3));
}

export function numberArgument(argv: usize, n: i32): f64 {
  const value = argument(argv, n);
  return isInt(value) ? <f64>(<i32>value) : reinterpret<f64>(value + DOUBLE_OFFSET);
}
