// The object of native functions that the guest's native.ts takes; names and parameters agree with that file.
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
import {
  authenticateWith,
  consumerFind,
  credentialFind,
  fieldGet,
  fieldNames,
  fieldSet,
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
  respondWith,
} from "./request-functions";
import { context, Handler, setHandler, setManifest } from "./state";
import { argument, UNDEFINED } from "./value";

type NativeFunction = (context: usize, self: u64, argc: i32, argv: usize) => u64;

/** JS_CFUNC_generic: QuickJS fills missing arguments up to the declared length with undefined. */
const GENERIC: i32 = 0;

export function addNativeFunctions(functions: u64): void {
  add(functions, "install", 6, install);
  add(functions, "fieldGet", 4, fieldGet);
  add(functions, "fieldNames", 2, fieldNames);
  add(functions, "fieldSet", 5, fieldSet);
  add(functions, "fieldsGet", 3, fieldsGet);
  add(functions, "fieldsSet", 4, fieldsSet);
  add(functions, "propertyGet", 2, propertyGet);
  add(functions, "propertySet", 3, propertySet);
  add(functions, "numberGet", 2, numberGet);
  add(functions, "numberSet", 3, numberSet);
  add(functions, "queryGet", 3, queryGet);
  add(functions, "querySet", 4, querySet);
  add(functions, "respond", 3, respondWith);
  add(functions, "credentialFind", 3, credentialFind);
  add(functions, "consumerFind", 2, consumerFind);
  add(functions, "authenticate", 3, authenticateWith);
  add(functions, "recordGet", 1, recordGet);
  add(functions, "recordAppend", 3, recordAppend);
  add(functions, "configGet", 1, configGet);
  add(functions, "storeGet", 1, storeGet);
  add(functions, "storeSet", 3, storeSet);
  add(functions, "storeDelete", 1, storeDelete);
  add(functions, "storeIncrement", 3, storeIncrement);
  add(functions, "fileAppend", 3, fileAppend);
  add(functions, "log", 2, logMessage);
  add(functions, "fail", 1, failMessage);
  add(functions, "random", 0, randomNumber);
  add(functions, "randomBytes", 1, randomBytes);
  add(functions, "randomUuid", 0, randomUuid);
  add(functions, "utf8Encode", 1, utf8Encode);
  add(functions, "utf8Decode", 1, utf8Decode);
}

function add(functions: u64, name: string, length: i32, callback: NativeFunction): void {
  const text = cString(name);
  const native = newFunction(context(), callback.index, text, length, GENERIC, 0);
  setProperty(context(), functions, text, native);
}

/** (manifest, configure, access, headerFilter, log, rejection): what the plugin is and does. */
function install(context: usize, self: u64, argc: i32, argv: usize): u64 {
  setManifest(dupValue(context, argument(argv, 0)));
  for (let i: i32 = 0; i < Handler.count; i++) {
    setHandler(i, dupValue(context, argument(argv, i + 1)));
  }
  return UNDEFINED;
}
