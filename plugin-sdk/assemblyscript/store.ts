// Data of this plugin that outlives its instances. A `ttlMs` of 0 keeps a value until it is evicted.
import * as host from "../src/engine/host";
import { first, result, second, third } from "./text";

export namespace kv {
  export function get(key: string): string | null {
    first.utf8(key);
    let length = host.store_get(first.pointer, first.length, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.store_get(first.pointer, first.length, result.pointer, result.capacity);
    }
    return length < 0 ? null : result.utf8(length);
  }

  /** Returns 0 or a Fault. */
  export function set(key: string, value: string, ttlMs: f64 = 0): i32 {
    first.utf8(key);
    second.utf8(value);
    return host.store_set(first.pointer, first.length, second.pointer, second.length, ttlMs);
  }

  export function remove(key: string): i32 {
    first.utf8(key);
    return host.store_delete(first.pointer, first.length);
  }

  /** The new value; `ttlMs` counts from the key's creation. NaN when the key holds no number. */
  export function increment(key: string, delta: f64 = 1, ttlMs: f64 = 0): f64 {
    first.utf8(key);
    return host.store_increment(first.pointer, first.length, delta, ttlMs);
  }

  /** Sets the key if it holds what is expected, null for none; false when it does not. */
  export function compareAndSet(
    key: string,
    expected: string | null,
    value: string,
    ttlMs: f64 = 0,
  ): bool {
    first.utf8(key);
    second.utf8(expected === null ? "" : expected);
    third.utf8(value);
    const expectedLength = expected === null ? -1 : second.length;
    return (
      host.store_compare_and_set(
        first.pointer, first.length, second.pointer, expectedLength, third.pointer, third.length, ttlMs,
      ) === 1
    );
  }
}
