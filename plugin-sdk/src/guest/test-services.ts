// The services of TestHost: what they were asked is kept, and simple answers are given.
import { Fault } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import { JwtKeyCache, areEqual, digestOf, hmacOf, signJwt, verifyJwt } from "../crypto/index.ts";

export interface TestSpan {
  readonly parent: number;
  readonly name: string;
  readonly attributes: string[];
  isError: boolean | undefined;
}

/** What of TestHost the functions need. */
export interface TestMemory {
  read(pointer: number, length: number): string;
  write(text: string | undefined, buffer: number, limit: number): number;
  bytes(): Buffer;
}

type Run = (...values: number[]) => number | void;

export class TestServices {
  readonly shared: Map<string, string> = new Map();
  readonly secrets: Map<string, string> = new Map();
  readonly metrics: { metric: number; value: number; labels: string }[] = [];
  readonly spans: TestSpan[] = [];
  /** What trace_get gives. */
  trace = "{}";
  /** The fault that metric_record and span_start answer, 0 for none. */
  refuseWith = 0;
  /** The same of span_set. */
  refuseAttributesWith = 0;
  readonly #keys = new JwtKeyCache();

  functions({
    read,
    write,
    bytes,
  }: TestMemory): Record<
    Extract<
      HostFunction,
      | "shared_get"
      | "shared_set"
      | "secret_get"
      | "digest"
      | "hmac"
      | "bytes_equal"
      | "jwt_verify"
      | "jwt_sign"
      | "metric_record"
      | "span_start"
      | "span_set"
      | "span_end"
      | "trace_get"
    >,
    Run
  > {
    const slice = (pointer: number, length: number): Buffer =>
      bytes().subarray(pointer, pointer + length);
    const give = (result: Buffer | undefined, buffer: number): number =>
      result === undefined ? Fault.badValue : result.copy(bytes(), buffer);
    return {
      shared_get: (_request = 0, key = 0, length = 0, buffer = 0, limit = 0) =>
        write(this.shared.get(read(key, length)), buffer, limit),
      shared_set: (_request = 0, key = 0, length = 0, value = 0, valueLength = 0) => {
        if (valueLength < 0) this.shared.delete(read(key, length));
        else this.shared.set(read(key, length), read(value, valueLength));
        return 0;
      },
      secret_get: (_request = 0, name = 0, length = 0, buffer = 0, limit = 0) =>
        write(this.secrets.get(read(name, length)), buffer, limit),
      digest: (algorithm = 0, data = 0, length = 0, buffer = 0) =>
        give(digestOf(algorithm, slice(data, length)), buffer),
      hmac: (algorithm = 0, key = 0, keyLength = 0, data = 0, length = 0, buffer = 0) =>
        give(hmacOf(algorithm, slice(key, keyLength), slice(data, length)), buffer),
      bytes_equal: (left = 0, leftLength = 0, right = 0, rightLength = 0) =>
        areEqual(slice(left, leftLength), slice(right, rightLength)) ? 1 : 0,
      jwt_verify: (
        token = 0,
        n = 0,
        keys = 0,
        k = 0,
        options = 0,
        o = 0,
        buffer = 0,
        limit = 0,
      ) => {
        const input = { token: read(token, n), keys: read(keys, k), options: read(options, o) };
        return write(JSON.stringify(verifyJwt(input, this.#keys, 0)), buffer, limit);
      },
      jwt_sign: (claims = 0, n = 0, key = 0, k = 0, options = 0, o = 0, buffer = 0, limit = 0) => {
        const input = { claims: read(claims, n), key: read(key, k), options: read(options, o) };
        return write(JSON.stringify(signJwt(input, this.#keys)), buffer, limit);
      },
      metric_record: (metric = 0, value = 0, labels = 0, length = 0) => {
        this.metrics.push({ metric, value, labels: read(labels, length) });
        return this.refuseWith;
      },
      span_start: (_request = 0, parent = 0, name = 0, length = 0) => {
        if (this.refuseWith < 0) return this.refuseWith;
        const span = { parent, name: read(name, length), attributes: [], isError: undefined };
        return this.spans.push(span);
      },
      span_set: (_request = 0, span = 0, key = 0, length = 0, value = 0, valueLength = 0) => {
        const text = `${read(key, length)}=${read(value, valueLength)}`;
        if (this.refuseAttributesWith < 0) return this.refuseAttributesWith;
        this.spans[span - 1]?.attributes.push(text);
        return 0;
      },
      span_end: (_request = 0, span = 0, isError = 0) => {
        const ended = this.spans[span - 1];
        if (ended !== undefined) ended.isError = isError === 1;
        return 0;
      },
      trace_get: (_request = 0, buffer = 0, limit = 0) => write(this.trace, buffer, limit),
    };
  }
}
