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
    resume: (call: number, result: number) => unknown,
    pending: (request: number, promise: Promise<number>) => void,
    requestBody: (request: number, config: number, length: number, isLast: number) => number,
    bodyFilter: (request: number, config: number, length: number, isLast: number) => number,
  ): void;
  fieldGet(request: number, kind: number, name: string, index: number): Text;
  fieldNames(request: number, kind: number): string[] | Result;
  fieldSet(request: number, kind: number, name: string, value: string, mode: number): Result;
  /** Undefined for none. */
  fieldsGet(request: number, kind: number, name: string): string[] | undefined | Result;
  /** Each name and its value, each ended by NUL; how many pairs that is. */
  fieldsSet(request: number, kind: number, fields: string, count: number): Result;
  /** As fieldsSet, of values with placeholders. */
  fieldsFill(request: number, kind: number, fields: string, count: number): Result;
  propertyGet(request: number, property: number): Text;
  propertySet(request: number, property: number, value: string): Result;
  numberGet(request: number, property: number): number | undefined;
  numberSet(request: number, property: number, value: number): Result;
  queryGet(request: number, name: string, index: number): Text;
  querySet(request: number, name: string, value: string, mode: number): Result;
  /** Arrays must not be empty. */
  respond(request: number, status: number, body: string | Uint8Array): Result;
  /** The length must be that of the call's chunk, and more than 0. */
  chunkGet(request: number, length: number): Uint8Array<ArrayBuffer> | number;
  /** Arrays must not be empty. */
  chunkSet(request: number, data: string | Uint8Array): Result;
  /** A call id or a Fault. */
  bodyRead(request: number, kind: number, maxBytes: number): Result;
  /** Arrays must not be empty. */
  bodySet(request: number, kind: number, data: string | Uint8Array): Result;
  bodySkip(request: number, kind: number): Result;
  responseEncode(request: number, coding: number, level: number): Result;
  credentialFind(request: number, collection: string, key: string): Result;
  /** JSON. */
  credentialGet(request: number, credential: number): Text;
  consumerFind(request: number, idOrUsername: string): Result;
  /** The property's number is the ABI's. */
  consumerFindBy(request: number, property: number, value: string): Result;
  /** JSON; -1 is the request's own consumer. */
  consumerGet(request: number, consumer: number): Text;
  authenticate(request: number, consumer: number, credential: number): Result;
  /** Without a consumer, it is -1. */
  authenticateBy(request: number, consumer: number, id: string): Result;
  remember(request: number, untilMs: number): Result;
  recordGet(request: number): Text;
  recordAppend(request: number, path: string, reopen: number): Result;
  configGet(config: number): Text;
  storeGet(key: string): Text;
  storeSet(key: string, value: string, ttlMs: number): Result;
  storeDelete(key: string): Result;
  storeIncrement(key: string, delta: number, ttlMs: number): number | undefined;
  /** 1 when it was set; an `expected` of undefined: when there is none. */
  storeCompareAndSet(
    key: string,
    expected: string | undefined,
    value: string,
    ttlMs: number,
  ): Result;
  /** JSON; the id of a quota or a Fault. */
  quotaOpen(options: string): Result;
  /** 1 when it fits, 0 when nothing was taken. The cost must be a number, and need not be an int. */
  quotaTake(request: number, quota: number, identifier: string, cost: number): Result;
  sharedGet(request: number, key: string): Text;
  /** Without a value it is removed. */
  sharedSet(request: number, key: string, value: string | undefined): Result;
  secretGet(request: number, name: string): Text;
  /** The array must not be empty; `length` is how much of it counts, and may be 0. */
  digest(algorithm: number, data: Uint8Array, length: number): Uint8Array<ArrayBuffer> | number;
  /** As digest. */
  hmac(
    algorithm: number,
    key: Uint8Array,
    keyLength: number,
    data: Uint8Array,
    length: number,
  ): Uint8Array<ArrayBuffer> | number;
  /** The arrays must not be empty. */
  bytesEqual(left: Uint8Array, right: Uint8Array): Result;
  /** JSON each. */
  jwtVerify(token: string, keys: string, options: string): Text;
  jwtSign(claims: string, key: string, options: string): Text;
  /** Each label's value ends with NUL. */
  metricRecord(metric: number, value: number, labels: string): Result;
  spanStart(request: number, parent: number, name: string): Result;
  spanSet(request: number, span: number, key: string, value: string): Result;
  spanEnd(request: number, span: number, isError: number): Result;
  traceGet(request: number): Text;
  fileAppend(path: string, data: string, reopen: number): Result;
  /** JSON; the id of a sink or a Fault. */
  sinkOpen(options: string): Result;
  /** Arrays must not be empty. */
  sinkAppend(request: number, sink: number, data: string | Uint8Array): Result;
  sinkAppendRecord(request: number, sink: number): Result;
  log(level: number, message: string): void;
  /** `fields` is a JSON object. */
  logFields(level: number, message: string, fields: string): void;
  fail(message: string): void;
  random(): number;
  /** The array must not be empty. */
  randomBytes(bytes: Uint8Array): Result;
  randomUuid(): string | number;
  utf8Encode(text: string): Uint8Array<ArrayBuffer>;
  /** The array must not be empty. */
  utf8Decode(bytes: Uint8Array): string;
  settle(request: number, verdict: number): Result;
  /** Says why, too. */
  settleFailed(request: number, error: unknown): Result;
  /** Only while the guest is resumed by this call. */
  resultText(call: number, part: number): string | number;
  resultBytes(call: number, part: number): Uint8Array<ArrayBuffer> | number;
  /** A call id or a Fault; `repeats` is 0 or 1. */
  timerStart(delayMs: number, repeats: number): Result;
  timerStop(timer: number): Result;
  /** A call id or a Fault. The body must not be empty. */
  fetchStart(request: number, head: string, body: Uint8Array | undefined): Result;
  /** The id of a Redis, or a Fault. `options` is JSON. */
  redisOpen(options: string): Result;
  /** A call id or a Fault. `command` is JSON; the data must not be empty. */
  redisCall(request: number, redis: number, command: string, data: Uint8Array | undefined): Result;
  /** JSON; `hasBase` is 0 or 1. */
  urlParse(text: string, base: string, hasBase: number): Text;
  urlSet(url: string, part: number, value: string): Text;
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
export const fieldsFill: Native["fieldsFill"] = native.fieldsFill;
export const propertyGet: Native["propertyGet"] = native.propertyGet;
export const propertySet: Native["propertySet"] = native.propertySet;
export const numberGet: Native["numberGet"] = native.numberGet;
export const numberSet: Native["numberSet"] = native.numberSet;
export const queryGet: Native["queryGet"] = native.queryGet;
export const querySet: Native["querySet"] = native.querySet;
export const respond: Native["respond"] = native.respond;
export const chunkGet: Native["chunkGet"] = native.chunkGet;
export const chunkSet: Native["chunkSet"] = native.chunkSet;
export const bodyRead: Native["bodyRead"] = native.bodyRead;
export const bodySet: Native["bodySet"] = native.bodySet;
export const bodySkip: Native["bodySkip"] = native.bodySkip;
export const responseEncode: Native["responseEncode"] = native.responseEncode;
export const credentialFind: Native["credentialFind"] = native.credentialFind;
export const credentialGet: Native["credentialGet"] = native.credentialGet;
export const consumerFind: Native["consumerFind"] = native.consumerFind;
export const consumerFindBy: Native["consumerFindBy"] = native.consumerFindBy;
export const consumerGet: Native["consumerGet"] = native.consumerGet;
export const authenticate: Native["authenticate"] = native.authenticate;
export const authenticateBy: Native["authenticateBy"] = native.authenticateBy;
export const remember: Native["remember"] = native.remember;
export const recordGet: Native["recordGet"] = native.recordGet;
export const recordAppend: Native["recordAppend"] = native.recordAppend;
export const configGet: Native["configGet"] = native.configGet;
export const storeGet: Native["storeGet"] = native.storeGet;
export const storeSet: Native["storeSet"] = native.storeSet;
export const storeDelete: Native["storeDelete"] = native.storeDelete;
export const storeIncrement: Native["storeIncrement"] = native.storeIncrement;
export const storeCompareAndSet: Native["storeCompareAndSet"] = native.storeCompareAndSet;
export const quotaOpen: Native["quotaOpen"] = native.quotaOpen;
export const quotaTake: Native["quotaTake"] = native.quotaTake;
export const sharedGet: Native["sharedGet"] = native.sharedGet;
export const sharedSet: Native["sharedSet"] = native.sharedSet;
export const secretGet: Native["secretGet"] = native.secretGet;
export const digest: Native["digest"] = native.digest;
export const hmac: Native["hmac"] = native.hmac;
export const bytesEqual: Native["bytesEqual"] = native.bytesEqual;
export const jwtVerify: Native["jwtVerify"] = native.jwtVerify;
export const jwtSign: Native["jwtSign"] = native.jwtSign;
export const metricRecord: Native["metricRecord"] = native.metricRecord;
export const spanStart: Native["spanStart"] = native.spanStart;
export const spanSet: Native["spanSet"] = native.spanSet;
export const spanEnd: Native["spanEnd"] = native.spanEnd;
export const traceGet: Native["traceGet"] = native.traceGet;
export const fileAppend: Native["fileAppend"] = native.fileAppend;
export const sinkOpen: Native["sinkOpen"] = native.sinkOpen;
export const sinkAppend: Native["sinkAppend"] = native.sinkAppend;
export const sinkAppendRecord: Native["sinkAppendRecord"] = native.sinkAppendRecord;
export const log: Native["log"] = native.log;
export const logFields: Native["logFields"] = native.logFields;
export const fail: Native["fail"] = native.fail;
export const random: Native["random"] = native.random;
export const randomBytes: Native["randomBytes"] = native.randomBytes;
export const randomUuid: Native["randomUuid"] = native.randomUuid;
export const utf8Encode: Native["utf8Encode"] = native.utf8Encode;
export const utf8Decode: Native["utf8Decode"] = native.utf8Decode;
export const settle: Native["settle"] = native.settle;
export const settleFailed: Native["settleFailed"] = native.settleFailed;
export const resultText: Native["resultText"] = native.resultText;
export const resultBytes: Native["resultBytes"] = native.resultBytes;
export const timerStart: Native["timerStart"] = native.timerStart;
export const timerStop: Native["timerStop"] = native.timerStop;
export const fetchStart: Native["fetchStart"] = native.fetchStart;
export const redisOpen: Native["redisOpen"] = native.redisOpen;
export const redisCall: Native["redisCall"] = native.redisCall;
export const urlParse: Native["urlParse"] = native.urlParse;
export const urlSet: Native["urlSet"] = native.urlSet;
