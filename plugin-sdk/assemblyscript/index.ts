// What a policy in AssemblyScript imports: @sluice/plugin-sdk/assemblyscript.
import "./abort";
export { body } from "./body";
export { Config, Entries } from "./config";
export { consumers } from "./consumers";
export { crypto } from "./crypto";
export { Fields } from "./fields";
export {
  Fault,
  FieldKind,
  HashAlgorithm,
  LogLevel,
  NumberProperty,
  Property,
  Verdict,
} from "./numbers";
export { fail, log, nowMs, randomBytes, randomNumber, sluice_abi_version } from "./process";
export { SERIAL, UUID, openQuota, quotaPlaceholder, takeFromQuota } from "./quotas";
export { Request } from "./request";
export { Response } from "./response";
export { shared } from "./shared";
export { appendRecordToSink, appendToSink, openSink } from "./sinks";
export { kv as store } from "./store";
export { Span, recordMetric } from "./telemetry";
export {
  callRedis,
  fetch,
  openRedis,
  resultBytes,
  resultText,
  settle,
  startTimer,
  stopTimer,
} from "./waiting";
