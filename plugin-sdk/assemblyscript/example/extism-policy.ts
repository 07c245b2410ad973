// A plain Extism plugin (see ../../EXTISM.md): it asks for an API key, and counts the requests of each one. It uses
// nothing of this folder's library but its JSON reader. An Extism PDK would do what stands below "Extism".
import { itemsOf, memberOf, textAt } from "../json";

export function access(): i32 {
  const json = readInput();
  const key = header(json, "x-api-key");
  if (key === "") {
    write(`{"respond":{"status":401,"headers":[["Content-Type","text/plain"]],"body":"no key"}}`);
    return 0;
  }
  if (key === "fail") return fail("this key always fails");
  const count = parseInt(variable(`count-${key}`)) || 0;
  setVariable(`count-${key}`, (<i32>count + 1).toString());
  const name = setting("header");
  write(
    `{"request":{"headers":{"set":[["${name}","${(<i32>count + 1).toString()}"]],"remove":["X-Api-Key"]}},` +
      `"response":{"headers":{"add":[["X-Path","${textOf(json, "request", "path")}"]]}}}`,
  );
  return 0;
}

export function header_filter(): i32 {
  const json = readInput();
  const response = memberOf(json, 0, "response");
  const status = json.substr(memberOf(json, response, "status"), 3);
  write(`{"response":{"headers":{"set":[["X-Status-Was","${status}"]]}}}`);
  return 0;
}

export function log(): i32 {
  writeLog(`finished ${textOf(readInput(), "request", "path")}`);
  return 0;
}

function textOf(json: string, part: string, name: string): string {
  const at = memberOf(json, memberOf(json, 0, part), name);
  return at < 0 ? "" : textAt(json, at);
}

function header(json: string, name: string): string {
  const pairs = itemsOf(json, memberOf(json, memberOf(json, 0, "request"), "headers"));
  for (let index = 0; index < pairs.length; index++) {
    const pair = itemsOf(json, pairs[index]);
    if (textAt(json, pair[0]) === name) return textAt(json, pair[1]);
  }
  return "";
}

// ---- Extism

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

function readInput(): string {
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

function write(text: string): void {
  output_set(block(text), String.UTF8.byteLength(text));
}

function fail(text: string): i32 {
  error_set(block(text));
  return 1;
}

function setting(name: string): string {
  return textAtAddress(config_get(block(name)));
}

function variable(name: string): string {
  const address = var_get(block(name));
  return address === 0 ? "" : textAtAddress(address);
}

function setVariable(name: string, value: string): void {
  var_set(block(name), block(value));
}

function writeLog(text: string): void {
  log_info(block(text));
}
