// The host functions of the ABI, as ../abi.ts and ABI.md describe them.

@external("extism:host/user", "field_get")
export declare function field_get(
  request: i32,
  kind: i32,
  name: usize,
  nameLength: i32,
  index: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "fields_get")
export declare function fields_get(
  request: i32,
  kind: i32,
  name: usize,
  nameLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "field_names")
export declare function field_names(request: i32, kind: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "field_set")
export declare function field_set(
  request: i32,
  kind: i32,
  name: usize,
  nameLength: i32,
  value: usize,
  valueLength: i32,
  mode: i32,
): i32;
@external("extism:host/user", "fields_set")
export declare function fields_set(
  request: i32,
  kind: i32,
  fields: usize,
  fieldsLength: i32,
  count: i32,
): i32;
@external("extism:host/user", "property_get")
export declare function property_get(request: i32, property: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "property_set")
export declare function property_set(request: i32, property: i32, value: usize, length: i32): i32;
@external("extism:host/user", "number_get")
export declare function number_get(request: i32, property: i32): f64;
@external("extism:host/user", "number_set")
export declare function number_set(request: i32, property: i32, value: f64): i32;
@external("extism:host/user", "query_get")
export declare function query_get(
  request: i32,
  name: usize,
  nameLength: i32,
  index: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "query_set")
export declare function query_set(
  request: i32,
  name: usize,
  nameLength: i32,
  value: usize,
  valueLength: i32,
  mode: i32,
): i32;
@external("extism:host/user", "respond")
export declare function respond(request: i32, status: i32, body: usize, bodyLength: i32): i32;
@external("extism:host/user", "credential_find")
export declare function credential_find(
  request: i32,
  collection: usize,
  collectionLength: i32,
  key: usize,
  keyLength: i32,
): i32;
@external("extism:host/user", "consumer_find")
export declare function consumer_find(request: i32, name: usize, nameLength: i32): i32;
@external("extism:host/user", "authenticate")
export declare function authenticate(request: i32, consumer: i32, credential: i32): i32;
@external("extism:host/user", "record_get")
export declare function record_get(request: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "record_append")
export declare function record_append(
  request: i32,
  path: usize,
  pathLength: i32,
  reopen: i32,
): i32;
@external("extism:host/user", "config_get")
export declare function config_get(config: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "store_get")
export declare function store_get(key: usize, keyLength: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "store_set")
export declare function store_set(
  key: usize,
  keyLength: i32,
  value: usize,
  valueLength: i32,
  ttlMs: f64,
): i32;
@external("extism:host/user", "store_delete")
export declare function store_delete(key: usize, keyLength: i32): i32;
@external("extism:host/user", "store_increment")
export declare function store_increment(key: usize, keyLength: i32, delta: f64, ttlMs: f64): f64;
@external("extism:host/user", "file_append")
export declare function file_append(
  path: usize,
  pathLength: i32,
  data: usize,
  dataLength: i32,
  reopen: i32,
): i32;
@external("extism:host/user", "log")
export declare function log(level: i32, message: usize, messageLength: i32): void;
@external("extism:host/user", "now_ms") export declare function now_ms(): f64;
@external("extism:host/user", "random_bytes")
export declare function random_bytes(buffer: usize, length: i32): i32;
@external("extism:host/user", "random_number") export declare function random_number(): f64;
@external("extism:host/user", "deadline_reached") export declare function deadline_reached(): i32;
@external("extism:host/user", "fail")
export declare function fail(message: usize, messageLength: i32): void;
