// Texts of one request that all of its plugins read and write.
import * as host from "../src/engine/host";
import { first, result, second } from "./text";

export namespace shared {
  export function get(request: i32, key: string): string | null {
    first.utf8(key);
    let length = read(request);
    if (result.isTooSmallFor(length)) length = read(request);
    return length < 0 ? null : result.utf8(length);
  }

  /** Returns 0 or a Fault. */
  export function set(request: i32, key: string, value: string): i32 {
    first.utf8(key);
    second.utf8(value);
    return host.shared_set(request, first.pointer, first.length, second.pointer, second.length);
  }

  export function remove(request: i32, key: string): i32 {
    first.utf8(key);
    return host.shared_set(request, first.pointer, first.length, 0, -1);
  }

  function read(request: i32): i32 {
    return host.shared_get(
      request, first.pointer, first.length, result.pointer, result.capacity,
    );
  }
}
