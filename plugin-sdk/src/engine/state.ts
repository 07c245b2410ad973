// Fixed places in memory. quickjs.wasm keeps its C stack in the first MiB and grows it downwards; QuickJS's own
// stack limit (boot.ts) stops far above the lowest 64 KiB, which therefore are the glue's. Being memory and not
// globals, they become part of the snapshot.

/** AssemblyScript's constants start at 1024 (compiler/engine-build.ts) and must end before this. */
export const STATICS_END: usize = 0x4000;

const CONTEXT: usize = 0x4000;
const RUNTIME: usize = 0x4004;
/** Handlers that the guest registered, u64 each, in the order of {@link Handler}; room for 16. */
const HANDLERS: usize = 0x40c0;
const MANIFEST: usize = 0x4040;
/** Arguments of the call in progress. */
export const ARGV: usize = 0x4050;
/** Where C functions put lengths. */
export const LENGTH_A: usize = 0x4070;
export const LENGTH_B: usize = 0x4074;
export const CONTEXT_OUT: usize = 0x4078;

/** Flags, one byte each. */
export const REJECTIONS_REMEMBERED: usize = 0x407c;
export const RAN_OUT_OF_MEMORY: usize = 0x407d;
/** Arguments of the rejection handler, apart from ARGV: a rejection happens in the middle of another call. */
export const REJECTION_ARGV: usize = 0x4080;
/** First block that malloc ever gave. */
export const HEAP_START: usize = 0x4098;

/** For values on their way between host and QuickJS; used up before the next call into either. */
export const SCRATCH: usize = 0x5000;
export const SCRATCH_SIZE: i32 = 0x8000;

export const STATE_END: usize = 0x10000;
export const C_STACK_END: usize = 0x100000;

export const enum Handler {
  configure = 0,
  access = 1,
  headerFilter = 2,
  log = 3,
  rejection = 4,
  resume = 5,
  pending = 6,
  requestBody = 7,
  bodyFilter = 8,
  count = 9,
}

// @ts-ignore: decorator
@inline
export function context(): usize {
  return load<u32>(CONTEXT);
}

// @ts-ignore: decorator
@inline
export function runtime(): usize {
  return load<u32>(RUNTIME);
}

export function setEngine(runtime: usize, context: usize): void {
  store<u32>(RUNTIME, <u32>runtime);
  store<u32>(CONTEXT, <u32>context);
}

// @ts-ignore: decorator
@inline
export function handler(index: i32): u64 {
  return load<u64>(HANDLERS + (index << 3));
}

export function setHandler(index: i32, value: u64): void {
  store<u64>(HANDLERS + (index << 3), value);
}

export function manifest(): u64 {
  return load<u64>(MANIFEST);
}

export function setManifest(value: u64): void {
  store<u64>(MANIFEST, value);
}
