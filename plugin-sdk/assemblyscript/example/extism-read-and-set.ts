// The same as read-and-set.ts for Extism's interface, without a JavaScript engine: what the bench compares with.
import { itemsOf, memberOf, textAt } from "../json";

@external("extism:host/env", "input_length")
declare function input_length(): i64;
@external("extism:host/env", "input_load_u8")
declare function input_load_u8(at: i64): i32;
@external("extism:host/env", "input_load_u64")
declare function input_load_u64(at: i64): i64;
@external("extism:host/env", "alloc")
declare function alloc(length: i64): i64;
@external("extism:host/env", "store_u8")
declare function store_u8(address: i64, value: i32): void;
@external("extism:host/env", "store_u64")
declare function store_u64(address: i64, value: i64): void;
@external("extism:host/env", "output_set")
declare function output_set(address: i64, length: i64): void;

export function access(): i32 {
  const json = readInput();
  const pairs = itemsOf(json, memberOf(json, 0, "headers"));
  let seen = "none";
  for (let index = 0; index < pairs.length; index++) {
    const pair = itemsOf(json, pairs[index]);
    if (textAt(json, pair[0]) === "x-api-key") seen = textAt(json, pair[1]);
  }
  write(`{"response":{"headers":{"set":[["X-Seen","${seen}"]]}}}`);
  return 0;
}

function readInput(): string {
  const size = <i32>input_length();
  const bytes = new ArrayBuffer(size);
  const start = changetype<usize>(bytes);
  let at = 0;
  for (; at + 8 <= size; at += 8) store<i64>(start + at, input_load_u64(at));
  for (; at < size; at++) store<u8>(start + at, <u8>input_load_u8(at));
  return String.UTF8.decode(bytes);
}

function write(text: string): void {
  const bytes = String.UTF8.encode(text);
  const size = bytes.byteLength;
  const start = changetype<usize>(bytes);
  const address = alloc(size);
  let at = 0;
  for (; at + 8 <= size; at += 8) store_u64(address + at, load<i64>(start + at));
  for (; at < size; at++) store_u8(address + at, load<u8>(start + at));
  output_set(address, size);
}
