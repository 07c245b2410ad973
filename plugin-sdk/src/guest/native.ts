// The functions that the engine's glue (../engine/native-functions.ts) gives to JavaScript. They are taken from the
// global object once, so that plugin code cannot reach them.
// Texts come back as a string, undefined when absent, or a negative Fault. Ints must be ints: they are not checked.

type Text = string | undefined | number;
/** 0 or more, or a Fault. */
type Result = number;

interface Native {
  install(
    manifest: string,
    configure: (config: number) => number,
    access: (request: number, config: number) => unknown,
    headerFilter: (request: number, config: number) => unknown,
    log: (request: number, config: number) => unknown,
    rejection: (promise: unknown, reason: unknown, isHandled: number) => void,
  ): void;
  fieldGet(request: number, kind: number, name: string, index: number): Text;
  /** Each name ends with NUL. */
  fieldNames(request: number, kind: number): Text;
  fieldSet(request: number, kind: number, name: string, value: string, mode: number): Result;
  /** NUL stands between values. */
  fieldsGet(request: number, kind: number, name: string): Text;
  /** Each name and its value, each ended by NUL; how many pairs that is. */
  fieldsSet(request: number, kind: number, fields: string, count: number): Result;
  propertyGet(request: number, property: number): Text;
  propertySet(request: number, property: number, value: string): Result;
  numberGet(request: number, property: number): number | undefined;
  numberSet(request: number, property: number, value: number): Result;
  queryGet(request: number, name: string, index: number): Text;
  querySet(request: number, name: string, value: string, mode: number): Result;
  respond(request: number, status: number, body: string): Result;
  credentialFind(request: number, collection: string, key: string): Result;
  consumerFind(request: number, idOrUsername: string): Result;
  authenticate(request: number, consumer: number, credential: number): Result;
  recordGet(request: number): Text;
  recordAppend(request: number, path: string, reopen: number): Result;
  configGet(config: number): Text;
  storeGet(key: string): Text;
  storeSet(key: string, value: string, ttlMs: number): Result;
  storeDelete(key: string): Result;
  storeIncrement(key: string, delta: number, ttlMs: number): number | undefined;
  fileAppend(path: string, data: string, reopen: number): Result;
  log(level: number, message: string): void;
  fail(message: string): void;
  random(): number;
  /** The array must not be empty. */
  randomBytes(bytes: Uint8Array): Result;
  randomUuid(): string | number;
  utf8Encode(text: string): Uint8Array<ArrayBuffer>;
  /** The array must not be empty. */
  utf8Decode(bytes: Uint8Array): string;
}

const global: typeof globalThis & { sluiceNative?: Native } = globalThis;

// The glue sets it before it evaluates the bundle; without it there is nothing to run on.
const native = global.sluiceNative as Native;
delete global.sluiceNative;

// Constants of the module, because QuickJS reads those faster than properties.
export const install: Native["install"] = native.install;
export const fieldGet: Native["fieldGet"] = native.fieldGet;
export const fieldNames: Native["fieldNames"] = native.fieldNames;
export const fieldSet: Native["fieldSet"] = native.fieldSet;
export const fieldsGet: Native["fieldsGet"] = native.fieldsGet;
export const fieldsSet: Native["fieldsSet"] = native.fieldsSet;
export const propertyGet: Native["propertyGet"] = native.propertyGet;
export const propertySet: Native["propertySet"] = native.propertySet;
export const numberGet: Native["numberGet"] = native.numberGet;
export const numberSet: Native["numberSet"] = native.numberSet;
export const queryGet: Native["queryGet"] = native.queryGet;
export const querySet: Native["querySet"] = native.querySet;
export const respond: Native["respond"] = native.respond;
export const credentialFind: Native["credentialFind"] = native.credentialFind;
export const consumerFind: Native["consumerFind"] = native.consumerFind;
export const authenticate: Native["authenticate"] = native.authenticate;
export const recordGet: Native["recordGet"] = native.recordGet;
export const recordAppend: Native["recordAppend"] = native.recordAppend;
export const configGet: Native["configGet"] = native.configGet;
export const storeGet: Native["storeGet"] = native.storeGet;
export const storeSet: Native["storeSet"] = native.storeSet;
export const storeDelete: Native["storeDelete"] = native.storeDelete;
export const storeIncrement: Native["storeIncrement"] = native.storeIncrement;
export const fileAppend: Native["fileAppend"] = native.fileAppend;
export const log: Native["log"] = native.log;
export const fail: Native["fail"] = native.fail;
export const random: Native["random"] = native.random;
export const randomBytes: Native["randomBytes"] = native.randomBytes;
export const randomUuid: Native["randomUuid"] = native.randomUuid;
export const utf8Encode: Native["utf8Encode"] = native.utf8Encode;
export const utf8Decode: Native["utf8Decode"] = native.utf8Decode;
