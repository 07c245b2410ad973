// Exports that only the compiler calls: start QuickJS, evaluate the plugin, tidy up for the snapshot.
import { failWith, failWithException } from "./failure";
import { deadline_reached } from "./host";
import { clearFreeMemory, rememberHeapStart } from "./heap";
import { cString } from "./literal";
import {
  contextPointer,
  createEngine,
  evaluate,
  evaluateCompiled,
  executePendingJob,
  free,
  freeBytes,
  freeValue,
  globalObject,
  initializeLibc,
  isJobPending,
  malloc,
  newObject,
  readObject,
  runGC,
  runtimePointer,
  setInterruptHandler,
  setMaxStackSize,
  setProperty,
  setRejectionTracker,
  toCString,
  freeCString,
  writeObject,
} from "./quickjs";
import { addNativeFunctions } from "./native-functions";
import { flushRejections, trackRejection } from "./rejections";
import {
  C_STACK_END,
  context,
  CONTEXT_OUT,
  LENGTH_A,
  manifest,
  runtime,
  setEngine,
  setManifest,
  STATE_END,
  STATICS_END,
} from "./state";
import { EXCEPTION, isException, UNDEFINED } from "./value";

/** See RATIONALE.md: deep enough for programs, far from what the host's own stack can hold. */
const MAX_STACK_BYTES: usize = 256 * 1024;

/** Memory for `length` bytes of source and a NUL. */
export function engine_source(length: i32): usize {
  const source = malloc(length + 1);
  if (source != 0) store<u8>(source + length, 0);
  return source;
}

/** Starts QuickJS; call first, once. 0, or -1. */
export function engine_start(): i32 {
  if (__heap_base > STATICS_END) return -1;
  initializeLibc();
  rememberHeapStart();
  if (createEngine() != 0) return -1;
  setEngine(runtimePointer(), contextPointer());
  setManifest(UNDEFINED);
  setMaxStackSize(runtime(), MAX_STACK_BYTES);
  setInterruptHandler(runtime(), onInterrupt.index, 0);
  setRejectionTracker(runtime(), trackRejection.index, 0);
  const functions = newObject(context());
  addNativeFunctions(functions);
  const global = globalObject(context());
  setProperty(context(), global, cString("sluiceNative"), functions);
  freeValue(context(), global);
  return 0;
}

/** Evaluates the bundled plugin and frees the source. 0, or -1 after `fail` said why. */
export function engine_evaluate(source: usize, length: i32): i32 {
  const compiled = compile(source, length);
  const result = isException(compiled) ? compiled : evaluateCompiled(context(), compiled);
  if (isException(result)) {
    failWithException();
    return -1;
  }
  freeValue(context(), result);
  while (isJobPending(runtime())) {
    if (executePendingJob(runtime(), CONTEXT_OUT) >= 0) continue;
    failWithException();
    return -1;
  }
  flushRejections();
  if (manifest() == UNDEFINED) {
    failWith("the plugin was not installed");
    return -1;
  }
  return 0;
}

/**
 * Through bytecode and back without the source text: QuickJS would otherwise keep a copy of it for each function,
 * which only Function.prototype.toString shows. Frees the source.
 */
function compile(source: usize, length: i32): u64 {
  const compiled = evaluate(context(), source, length, cString("plugin.js"), EVAL_COMPILE_ONLY);
  free(source);
  if (isException(compiled)) return compiled;
  const bytecode = writeObject(context(), LENGTH_A, compiled, WRITE_BYTECODE | WRITE_STRIP_SOURCE);
  const bytecodeLength = load<u32>(LENGTH_A);
  freeValue(context(), compiled);
  if (bytecode == 0) return EXCEPTION;
  const stripped = readObject(context(), bytecode, bytecodeLength, READ_BYTECODE);
  freeBytes(context(), bytecode);
  return stripped;
}

const EVAL_COMPILE_ONLY: i32 = 1 << 5;
const WRITE_BYTECODE: i32 = 1 << 0;
const WRITE_STRIP_SOURCE: i32 = 1 << 4;
const READ_BYTECODE: i32 = 1 << 0;

/** The manifest's JSON as a C string; its length stands at the returned address of engine_manifest_length. */
export function engine_manifest(): usize {
  return toCString(context(), LENGTH_A, manifest(), false);
}

export function engine_manifest_length(): i32 {
  return load<i32>(LENGTH_A);
}

/** Frees what only the build needed and clears what calls left behind, so that equal plugins give equal bytes. */
export function engine_finish(manifestText: usize): void {
  freeCString(context(), manifestText);
  freeValue(context(), manifest());
  setManifest(UNDEFINED);
  runGC(runtime());
  clearFreeMemory();
  memory.fill(STATE_END, 0, C_STACK_END - STATE_END);
}

function onInterrupt(runtime: usize, opaque: usize): i32 {
  return deadline_reached();
}
