// The parts of QuickJS's C API that the glue calls. `wasm-merge` joins these imports with quickjs.wasm.
// Values are NaN-boxed u64 (value.ts). A value returned belongs to the caller; a value passed is only
// borrowed, except where a comment says "takes".

@external("qjs", "_initialize") export declare function initializeLibc(): void;
@external("qjs", "qjs_init") export declare function createEngine(): i32;
@external("qjs", "qjs_get_runtime_ptr") export declare function runtimePointer(): usize;
@external("qjs", "qjs_get_context_ptr") export declare function contextPointer(): usize;
@external("qjs", "malloc") export declare function malloc(size: usize): usize;
@external("qjs", "realloc")
export declare function realloc(pointer: usize, size: usize): usize;
@external("qjs", "free") export declare function free(pointer: usize): void;

@external("qjs", "JS_SetMaxStackSize")
export declare function setMaxStackSize(runtime: usize, bytes: usize): void;
@external("qjs", "JS_SetInterruptHandler")
export declare function setInterruptHandler(runtime: usize, callback: u32, opaque: usize): void;
@external("qjs", "JS_SetHostPromiseRejectionTracker")
export declare function setRejectionTracker(runtime: usize, callback: u32, opaque: usize): void;
@external("qjs", "JS_RunGC") export declare function runGC(runtime: usize): void;
@external("qjs", "JS_SetGCThreshold")
export declare function setGCThreshold(runtime: usize, bytes: usize): void;

@external("qjs", "JS_Eval")
export declare function evaluate(
  context: usize,
  source: usize,
  length: usize,
  fileName: usize,
  flags: i32,
): u64;
/** Takes `compiled`. */
@external("qjs", "JS_EvalFunction")
export declare function evaluateCompiled(context: usize, compiled: u64): u64;
/** Bytes that end with js_free, or 0 with an exception. */
@external("qjs", "JS_WriteObject")
export declare function writeObject(context: usize, lengthOut: usize, value: u64, flags: i32): usize;
@external("qjs", "JS_ReadObject")
export declare function readObject(context: usize, bytes: usize, length: usize, flags: i32): u64;
@external("qjs", "js_free") export declare function freeBytes(context: usize, bytes: usize): void;

@external("qjs", "JS_Call")
export declare function call(context: usize, callee: u64, self: u64, argc: i32, argv: usize): u64;
@external("qjs", "JS_FreeValue") export declare function freeValue(context: usize, value: u64): void;
@external("qjs", "JS_DupValue") export declare function dupValue(context: usize, value: u64): u64;

@external("qjs", "JS_ThrowOutOfMemory")
export declare function throwOutOfMemory(context: usize): u64;
@external("qjs", "JS_GetException") export declare function takeException(context: usize): u64;
@external("qjs", "JS_IsUncatchableError")
export declare function isUncatchable(value: u64): bool;
@external("qjs", "JS_IsError") export declare function isError(value: u64): bool;
@external("qjs", "JS_IsPromise") export declare function isPromise(value: u64): bool;
/** 0 pending, 1 fulfilled, 2 rejected. */
@external("qjs", "JS_PromiseState")
export declare function promiseState(context: usize, promise: u64): i32;
@external("qjs", "JS_PromiseResult")
export declare function promiseResult(context: usize, promise: u64): u64;
@external("qjs", "JS_PromiseMarkAsHandled")
export declare function markAsHandled(context: usize, promise: u64): void;
@external("qjs", "JS_IsJobPending") export declare function isJobPending(runtime: usize): bool;
/** Negative when the job ended with an exception. */
@external("qjs", "JS_ExecutePendingJob")
export declare function executePendingJob(runtime: usize, contextOut: usize): i32;

@external("qjs", "JS_NewStringLen")
export declare function newString(context: usize, bytes: usize, length: usize): u64;
/** UTF-8 bytes, or 0 with an exception. ASCII strings are not copied. Ends with freeCString. */
@external("qjs", "JS_ToCStringLen2")
export declare function toCString(context: usize, lengthOut: usize, value: u64, cesu8: bool): usize;
@external("qjs", "JS_FreeCString")
export declare function freeCString(context: usize, bytes: usize): void;

@external("qjs", "JS_NewArray") export declare function newArray(context: usize): u64;
/** The values are the array's from then on. */
@external("qjs", "JS_NewArrayFrom")
export declare function newArrayFrom(context: usize, count: i32, values: usize): u64;
/** The value is the array's from then on. */
@external("qjs", "JS_SetPropertyUint32")
export declare function setElement(context: usize, array: u64, index: u32, value: u64): i32;
@external("qjs", "JS_NewObject") export declare function newObject(context: usize): u64;
@external("qjs", "JS_GetGlobalObject") export declare function globalObject(context: usize): u64;
@external("qjs", "JS_GetPropertyStr")
export declare function getProperty(context: usize, object: u64, name: usize): u64;
/** Takes `value`. */
@external("qjs", "JS_SetPropertyStr")
export declare function setProperty(context: usize, object: u64, name: usize, value: u64): i32;
@external("qjs", "JS_NewCFunction2")
export declare function newFunction(
  context: usize,
  callback: u32,
  name: usize,
  length: i32,
  kind: i32,
  magic: i32,
): u64;
@external("qjs", "JS_GetUint8Array")
export declare function uint8ArrayBytes(context: usize, lengthOut: usize, array: u64): usize;
/** An array over bytes that `resize`, of (runtime, opaque, bytes, size), frees in the end. */
@external("qjs", "JS_NewUint8Array")
export declare function newUint8ArrayOver(
  context: usize,
  bytes: usize,
  length: usize,
  resize: u32,
  opaque: usize,
  isShared: bool,
): u64;
@external("qjs", "JS_NewUint8ArrayCopy")
export declare function newUint8Array(context: usize, bytes: usize, length: usize): u64;
