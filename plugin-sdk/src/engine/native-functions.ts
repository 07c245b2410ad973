// The object of native functions that the guest's native.ts takes; names and parameters agree with that file.
import {
  bodyRead,
  bodySet,
  bodySkip,
  chunkGet,
  chunkSet,
  respondWith,
  responseEncode,
} from "./body-functions";
import {
  authenticateBy,
  authenticateWith,
  consumerFind,
  consumerFindBy,
  consumerGet,
  credentialFind,
  credentialGet,
} from "./consumer-functions";
import { bytesEqual, digestBytes, hmacBytes, jwtSign, jwtVerify } from "./crypto-functions";
import { fetchStart, urlParse, urlSet } from "./fetch-functions";
import {
  configGet,
  failMessage,
  fileAppend,
  logMessage,
  randomBytes,
  randomNumber,
  randomUuid,
  storeDelete,
  storeGet,
  storeIncrement,
  storeSet,
  utf8Decode,
  utf8Encode,
} from "./gateway-functions";
import { cString } from "./literal";
import { dupValue, newFunction, setProperty } from "./quickjs";
import { quotaOpen, quotaTake } from "./quota-functions";
import { redisCall, redisOpen } from "./redis-functions";
import {
  fieldGet,
  fieldNames,
  fieldSet,
  fieldsFill,
  fieldsGet,
  fieldsSet,
  numberGet,
  numberSet,
  propertyGet,
  propertySet,
  queryGet,
  querySet,
  recordAppend,
  recordGet,
  rememberCall,
} from "./request-functions";
import {
  logFields,
  metricRecord,
  secretGet,
  sharedGet,
  sharedSet,
  spanEnd,
  spanSet,
  spanStart,
  storeCompareAndSet,
  traceGet,
} from "./service-functions";
import { sinkAppend, sinkAppendRecord, sinkOpen } from "./sink-functions";
import { context, Handler, setHandler, setManifest } from "./state";
import { argument, UNDEFINED } from "./value";
import {
  resultBytes,
  resultText,
  settleFailed,
  settleWith,
  timerStart,
  timerStop,
} from "./waiting-functions";

type NativeFunction = (context: usize, self: u64, argc: i32, argv: usize) => u64;

/** JS_CFUNC_generic: QuickJS fills missing arguments up to the declared length with undefined. */
const GENERIC: i32 = 0;

export function addNativeFunctions(functions: u64): void {
  add(functions, "install", 1 + Handler.count, install);
  add(functions, "fieldGet", 4, fieldGet);
  add(functions, "fieldNames", 2, fieldNames);
  add(functions, "fieldSet", 5, fieldSet);
  add(functions, "fieldsGet", 3, fieldsGet);
  add(functions, "fieldsSet", 4, fieldsSet);
  add(functions, "fieldsFill", 4, fieldsFill);
  add(functions, "propertyGet", 2, propertyGet);
  add(functions, "propertySet", 3, propertySet);
  add(functions, "numberGet", 2, numberGet);
  add(functions, "numberSet", 3, numberSet);
  add(functions, "queryGet", 3, queryGet);
  add(functions, "querySet", 4, querySet);
  add(functions, "respond", 3, respondWith);
  add(functions, "chunkGet", 2, chunkGet);
  add(functions, "chunkSet", 2, chunkSet);
  add(functions, "bodyRead", 3, bodyRead);
  add(functions, "bodySet", 3, bodySet);
  add(functions, "bodySkip", 2, bodySkip);
  add(functions, "responseEncode", 3, responseEncode);
  add(functions, "credentialFind", 3, credentialFind);
  add(functions, "credentialGet", 2, credentialGet);
  add(functions, "consumerFind", 2, consumerFind);
  add(functions, "consumerFindBy", 3, consumerFindBy);
  add(functions, "consumerGet", 2, consumerGet);
  add(functions, "authenticate", 3, authenticateWith);
  add(functions, "authenticateBy", 3, authenticateBy);
  add(functions, "remember", 2, rememberCall);
  add(functions, "recordGet", 1, recordGet);
  add(functions, "recordAppend", 3, recordAppend);
  add(functions, "configGet", 1, configGet);
  add(functions, "storeGet", 1, storeGet);
  add(functions, "storeSet", 3, storeSet);
  add(functions, "storeDelete", 1, storeDelete);
  add(functions, "storeIncrement", 3, storeIncrement);
  add(functions, "storeCompareAndSet", 4, storeCompareAndSet);
  add(functions, "quotaOpen", 1, quotaOpen);
  add(functions, "quotaTake", 4, quotaTake);
  add(functions, "sharedGet", 2, sharedGet);
  add(functions, "sharedSet", 3, sharedSet);
  add(functions, "secretGet", 2, secretGet);
  add(functions, "digest", 3, digestBytes);
  add(functions, "hmac", 5, hmacBytes);
  add(functions, "bytesEqual", 2, bytesEqual);
  add(functions, "jwtVerify", 3, jwtVerify);
  add(functions, "jwtSign", 3, jwtSign);
  add(functions, "metricRecord", 3, metricRecord);
  add(functions, "spanStart", 3, spanStart);
  add(functions, "spanSet", 4, spanSet);
  add(functions, "spanEnd", 3, spanEnd);
  add(functions, "traceGet", 1, traceGet);
  add(functions, "fileAppend", 3, fileAppend);
  add(functions, "sinkOpen", 1, sinkOpen);
  add(functions, "sinkAppend", 3, sinkAppend);
  add(functions, "sinkAppendRecord", 2, sinkAppendRecord);
  add(functions, "log", 2, logMessage);
  add(functions, "logFields", 3, logFields);
  add(functions, "fail", 1, failMessage);
  add(functions, "random", 0, randomNumber);
  add(functions, "randomBytes", 1, randomBytes);
  add(functions, "randomUuid", 0, randomUuid);
  add(functions, "utf8Encode", 1, utf8Encode);
  add(functions, "utf8Decode", 1, utf8Decode);
  add(functions, "settle", 2, settleWith);
  add(functions, "settleFailed", 2, settleFailed);
  add(functions, "resultText", 2, resultText);
  add(functions, "resultBytes", 2, resultBytes);
  add(functions, "timerStart", 2, timerStart);
  add(functions, "timerStop", 1, timerStop);
  add(functions, "fetchStart", 3, fetchStart);
  add(functions, "redisOpen", 1, redisOpen);
  add(functions, "redisCall", 4, redisCall);
  add(functions, "urlParse", 3, urlParse);
  add(functions, "urlSet", 3, urlSet);
}

function add(functions: u64, name: string, length: i32, callback: NativeFunction): void {
  const text = cString(name);
  const native = newFunction(context(), callback.index, text, length, GENERIC, 0);
  setProperty(context(), functions, text, native);
}

/** (manifest, then the handlers in the order of Handler): what the plugin is and does. */
function install(context: usize, self: u64, argc: i32, argv: usize): u64 {
  setManifest(dupValue(context, argument(argv, 0)));
  for (let i: i32 = 0; i < Handler.count; i++) {
    setHandler(i, dupValue(context, argument(argv, i + 1)));
  }
  return UNDEFINED;
}
