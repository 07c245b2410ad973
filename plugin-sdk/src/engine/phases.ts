// The exports that the gateway calls, see ABI.md.
import { collectIfOutOfMemory, failWith, failWithError, failWithException } from "./failure";
import {
  call,
  executePendingJob,
  freeValue,
  isJobPending,
  isPromise,
  markAsHandled,
  promiseResult,
  promiseState,
  takeException,
} from "./quickjs";
import { flushRejections, rejectionIsHandled } from "./rejections";
import { ARGV, context, CONTEXT_OUT, handler, Handler, runtime } from "./state";
import { boxInt, isException, isInt, isObject, UNDEFINED } from "./value";

const ABI_VERSION: i32 = 1;
const VERDICT_PENDING: i32 = 2;
const VERDICT_FAILED: i32 = -1;
const PROMISE_PENDING: i32 = 0;
const PROMISE_FULFILLED: i32 = 1;

export function sluice_abi_version(): i32 {
  return ABI_VERSION;
}

export function sluice_configure(config: i32): i32 {
  return run(Handler.configure, config, 0);
}

/** A call of the host that took its time is over. */
export function sluice_resume(hostCall: i32, result: i32): i32 {
  return run(Handler.resume, hostCall, result);
}

export function sluice_access(request: i32, config: i32): i32 {
  return run(Handler.access, request, config);
}

export function sluice_header_filter(request: i32, config: i32): i32 {
  return run(Handler.headerFilter, request, config);
}

export function sluice_request_body(request: i32, config: i32, length: i32, isLast: i32): i32 {
  return runWithChunk(Handler.requestBody, request, config, length, isLast);
}

export function sluice_body_filter(request: i32, config: i32, length: i32, isLast: i32): i32 {
  return runWithChunk(Handler.bodyFilter, request, config, length, isLast);
}

export function sluice_log(request: i32, config: i32): i32 {
  return run(Handler.log, request, config);
}

function runWithChunk(index: i32, request: i32, config: i32, length: i32, isLast: i32): i32 {
  store<u64>(ARGV + 16, boxInt(length));
  store<u64>(ARGV + 24, boxInt(isLast));
  return run(index, request, config, 4);
}

function run(index: i32, first: i32, second: i32, count: i32 = 2): i32 {
  store<u64>(ARGV, boxInt(first));
  store<u64>(ARGV + 8, boxInt(second));
  const result = call(context(), handler(index), UNDEFINED, count, ARGV);
  let verdict = VERDICT_FAILED;
  if (isException(result)) {
    failWithException();
    drainJobs(false);
  } else if (drainJobs(true)) {
    // The usual case: an int needs neither a look at promises nor freeing.
    if (isInt(result)) {
      flushRejections();
      return <i32>result;
    }
    verdict = isObject(result) && isPromise(result) ? settled(result, first) : notAVerdict();
  }
  freeValue(context(), result);
  flushRejections();
  collectIfOutOfMemory();
  return verdict;
}

/** False when a job could not end. The host is told why, unless it has been told of a failure before. */
function drainJobs(tellFailure: bool): bool {
  while (isJobPending(runtime())) {
    if (executePendingJob(runtime(), CONTEXT_OUT) >= 0) continue;
    if (tellFailure) failWithException();
    else freeValue(context(), takeException(context()));
    return false;
  }
  return true;
}

function settled(promise: u64, request: i32): i32 {
  const state = promiseState(context(), promise);
  if (state == PROMISE_PENDING) return wait(promise, request);
  const value = promiseResult(context(), promise);
  let verdict = VERDICT_FAILED;
  if (state != PROMISE_FULFILLED) {
    markAsHandled(context(), promise);
    rejectionIsHandled(promise);
    failWithError(value);
  } else {
    verdict = isInt(value) ? <i32>value : notAVerdict();
  }
  freeValue(context(), value);
  return verdict;
}

/** The guest tells the host of the phase's end when the promise is settled. */
function wait(promise: u64, request: i32): i32 {
  store<u64>(ARGV, boxInt(request));
  store<u64>(ARGV + 8, promise);
  const result = call(context(), handler(Handler.pending), UNDEFINED, 2, ARGV);
  if (isException(result)) {
    failWithException();
    return VERDICT_FAILED;
  }
  freeValue(context(), result);
  return VERDICT_PENDING;
}

function notAVerdict(): i32 {
  failWith("the guest returned no verdict");
  return VERDICT_FAILED;
}
