// The way from functions that any module may import to the gateway. The guest opens it before the plugin's modules
// run; in unit tests `@sluice/plugin-sdk/testing` does.
import type { LogContext } from "./context.ts";
import type { FetchInit, FetchResponse } from "./fetch-types.ts";
import type { RedisReply } from "./redis.ts";

/** Host functions that belong to no request. A negative number is a Fault. */
export interface ModuleHost {
  /** Only the first `length` bytes count; the arrays are never empty. */
  digest(algorithm: number, data: Uint8Array, length: number): Uint8Array<ArrayBuffer> | number;
  hmac(
    algorithm: number,
    key: Uint8Array,
    keyLength: number,
    data: Uint8Array,
    length: number,
  ): Uint8Array<ArrayBuffer> | number;
  /** The arrays are not empty. */
  bytesEqual(left: Uint8Array, right: Uint8Array): number;
  /** JSON each. */
  jwtVerify(token: string, keys: string, options: string): string | undefined | number;
  jwtSign(claims: string, key: string, options: string): string | undefined | number;
  metricRecord(metric: number, value: number, labels: string): number;
  fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse>;
  /** JSON of Kong's fields; an id, or a Fault. */
  redisOpen(options: string): number;
  /** `command` is a JSON array in which null stands for the data. A reply of a single bulk string is bytes. */
  redisCall(
    redis: number,
    command: string,
    data: Uint8Array | undefined,
  ): Promise<RedisReply | Uint8Array>;
  /** JSON; an id, or a Fault. */
  quotaOpen(options: string): number;
  /** JSON; an id, or a Fault. */
  sinkOpen(options: string): number;
  /** Arrays are not empty. */
  sinkAppend(sink: number, data: string | Uint8Array): number;
  sinkAppendRecord(ctx: LogContext, sink: number): number;
}

let current: ModuleHost | undefined;

export function setModuleHost(host: ModuleHost): void {
  current = host;
}

/** Throws an Error when nothing has opened the way. */
export function moduleHost(): ModuleHost {
  if (current !== undefined) return current;
  throw new Error("This needs a gateway: in a test, import @sluice/plugin-sdk/testing");
}
