// What an Extism PDK does: Extism's input, output, blocks, config and variables (see ../../EXTISM.md).

@external("extism:host/env", "input_length")
declare function input_length(): i64;
@external("extism:host/env", "input_load_u8")
declare function input_load_u8(at: i64): i32;
@external("extism:host/env", "input_load_u64")
declare function input_load_u64(at: i64): i64;
@external("extism:host/env", "alloc")
declare function alloc(length: i64): i64;
@external("extism:host/env", "length")
declare function length(address: i64): i64;
@external("extism:host/env", "load_u8")
declare function load_u8(address: i64): i32;
@external("extism:host/env", "store_u8")
declare function store_u8(address: i64, value: i32): void;
@external("extism:host/env", "store_u64")
declare function store_u64(address: i64, value: i64): void;
@external("extism:host/env", "output_set")
declare function output_set(address: i64, length: i64): void;
@external("extism:host/env", "error_set")
declare function error_set(address: i64): void;
@external("extism:host/env", "config_get")
declare function config_get(key: i64): i64;
@external("extism:host/env", "var_get")
declare function var_get(key: i64): i64;
@external("extism:host/env", "var_set")
declare function var_set(key: i64, value: i64): void;
@external("extism:host/env", "log_info")
declare function log_info(address: i64): void;

export function readInput(): string {
  const size = <i32>input_length();
  const bytes = new ArrayBuffer(size);
  const start = changetype<usize>(bytes);
  let at = 0;
  for (; at + 8 <= size; at += 8) store<i64>(start + at, input_load_u64(at));
  for (; at < size; at++) store<u8>(start + at, <u8>input_load_u8(at));
  return String.UTF8.decode(bytes);
}

function block(text: string): i64 {
  const bytes = String.UTF8.encode(text);
  const size = bytes.byteLength;
  const start = changetype<usize>(bytes);
  const address = alloc(size);
  let at = 0;
  for (; at + 8 <= size; at += 8) store_u64(address + at, load<i64>(start + at));
  for (; at < size; at++) store_u8(address + at, load<u8>(start + at));
  return address;
}

function textAtAddress(address: i64): string {
  const bytes = new ArrayBuffer(<i32>length(address));
  for (let at = 0; at < bytes.byteLength; at++) {
    store<u8>(changetype<usize>(bytes) + at, <u8>load_u8(address + at));
  }
  return String.UTF8.decode(bytes);
}

export function write(text: string): void {
  output_set(block(text), String.UTF8.byteLength(text));
}

export function fail(text: string): i32 {
  error_set(block(text));
  return 1;
}

export function setting(name: string): string {
  return textAtAddress(config_get(block(name)));
}

export function variable(name: string): string {
  const address = var_get(block(name));
  return address === 0 ? "" : textAtAddress(address);
}

export function setVariable(name: string, value: string): void {
  var_set(block(name), block(value));
}

export function writeLog(text: string): void {
  log_info(block(text));
}
