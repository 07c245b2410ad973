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
@external("extism:host/user", "fields_fill")
export declare function fields_fill(
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
@external("extism:host/user", "chunk_get")
export declare function chunk_get(request: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "chunk_set")
export declare function chunk_set(request: i32, data: usize, length: i32): i32;
@external("extism:host/user", "body_read")
export declare function body_read(request: i32, kind: i32, maxBytes: i32): i32;
@external("extism:host/user", "body_set")
export declare function body_set(request: i32, kind: i32, data: usize, length: i32): i32;
@external("extism:host/user", "body_skip")
export declare function body_skip(request: i32, kind: i32): i32;
@external("extism:host/user", "response_encode")
export declare function response_encode(request: i32, coding: i32, level: i32): i32;
@external("extism:host/user", "credential_find")
export declare function credential_find(
  request: i32,
  collection: usize,
  collectionLength: i32,
  key: usize,
  keyLength: i32,
): i32;
@external("extism:host/user", "credential_get")
export declare function credential_get(
  request: i32,
  credential: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "consumer_find")
export declare function consumer_find(request: i32, name: usize, nameLength: i32): i32;
@external("extism:host/user", "consumer_find_by")
export declare function consumer_find_by(
  request: i32,
  property: i32,
  value: usize,
  valueLength: i32,
): i32;
@external("extism:host/user", "consumer_get")
export declare function consumer_get(
  request: i32,
  consumer: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "authenticate")
export declare function authenticate(request: i32, consumer: i32, credential: i32): i32;
@external("extism:host/user", "authenticate_by")
export declare function authenticate_by(
  request: i32,
  consumer: i32,
  id: usize,
  idLength: i32,
): i32;
@external("extism:host/user", "remember")
export declare function remember(request: i32, untilMs: f64): i32;
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
@external("extism:host/user", "store_compare_and_set")
export declare function store_compare_and_set(
  key: usize,
  keyLength: i32,
  expected: usize,
  expectedLength: i32,
  value: usize,
  valueLength: i32,
  ttlMs: f64,
): i32;
@external("extism:host/user", "quota_open")
export declare function quota_open(options: usize, optionsLength: i32): i32;
@external("extism:host/user", "quota_take")
export declare function quota_take(
  request: i32,
  quota: i32,
  identifier: usize,
  identifierLength: i32,
  cost: f64,
): i32;
@external("extism:host/user", "shared_get")
export declare function shared_get(
  request: i32,
  key: usize,
  keyLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "shared_set")
export declare function shared_set(
  request: i32,
  key: usize,
  keyLength: i32,
  value: usize,
  valueLength: i32,
): i32;
@external("extism:host/user", "secret_get")
export declare function secret_get(
  request: i32,
  name: usize,
  nameLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "digest")
export declare function digest(
  algorithm: i32,
  data: usize,
  dataLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "hmac")
export declare function hmac(
  algorithm: i32,
  key: usize,
  keyLength: i32,
  data: usize,
  dataLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "bytes_equal")
export declare function bytes_equal(
  left: usize,
  leftLength: i32,
  right: usize,
  rightLength: i32,
): i32;
@external("extism:host/user", "jwt_verify")
export declare function jwt_verify(
  token: usize,
  tokenLength: i32,
  keys: usize,
  keysLength: i32,
  options: usize,
  optionsLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "jwt_sign")
export declare function jwt_sign(
  claims: usize,
  claimsLength: i32,
  key: usize,
  keyLength: i32,
  options: usize,
  optionsLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "metric_record")
export declare function metric_record(
  metric: i32,
  value: f64,
  labels: usize,
  labelsLength: i32,
): i32;
@external("extism:host/user", "span_start")
export declare function span_start(
  request: i32,
  parent: i32,
  name: usize,
  nameLength: i32,
): i32;
@external("extism:host/user", "span_set")
export declare function span_set(
  request: i32,
  span: i32,
  key: usize,
  keyLength: i32,
  value: usize,
  valueLength: i32,
): i32;
@external("extism:host/user", "span_end")
export declare function span_end(request: i32, span: i32, isError: i32): i32;
@external("extism:host/user", "trace_get")
export declare function trace_get(request: i32, buffer: usize, limit: i32): i32;
@external("extism:host/user", "file_append")
export declare function file_append(
  path: usize,
  pathLength: i32,
  data: usize,
  dataLength: i32,
  reopen: i32,
): i32;
@external("extism:host/user", "sink_open")
export declare function sink_open(options: usize, length: i32): i32;
@external("extism:host/user", "sink_append")
export declare function sink_append(request: i32, sink: i32, data: usize, length: i32): i32;
@external("extism:host/user", "log")
export declare function log(level: i32, message: usize, messageLength: i32): void;
@external("extism:host/user", "log_fields")
export declare function log_fields(
  level: i32,
  message: usize,
  messageLength: i32,
  fields: usize,
  fieldsLength: i32,
): void;
@external("extism:host/user", "now_ms") export declare function now_ms(): f64;
@external("extism:host/user", "random_bytes")
export declare function random_bytes(buffer: usize, length: i32): i32;
@external("extism:host/user", "random_number") export declare function random_number(): f64;
@external("extism:host/user", "deadline_reached") export declare function deadline_reached(): i32;
@external("extism:host/user", "fail")
export declare function fail(message: usize, messageLength: i32): void;
@external("extism:host/user", "settle")
export declare function settle(request: i32, verdict: i32): i32;
@external("extism:host/user", "result_read")
export declare function result_read(
  call: i32,
  part: i32,
  offset: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "timer_start")
export declare function timer_start(delayMs: f64, repeats: i32): i32;
@external("extism:host/user", "timer_stop") export declare function timer_stop(timer: i32): i32;
@external("extism:host/user", "fetch")
export declare function fetch(
  request: i32,
  head: usize,
  headLength: i32,
  body: usize,
  bodyLength: i32,
): i32;
@external("extism:host/user", "redis_open")
export declare function redis_open(options: usize, optionsLength: i32): i32;
@external("extism:host/user", "redis_call")
export declare function redis_call(
  request: i32,
  redis: i32,
  command: usize,
  commandLength: i32,
  data: usize,
  dataLength: i32,
): i32;
@external("extism:host/user", "url_parse")
export declare function url_parse(
  text: usize,
  textLength: i32,
  base: usize,
  baseLength: i32,
  buffer: usize,
  limit: i32,
): i32;
@external("extism:host/user", "url_set")
export declare function url_set(
  url: usize,
  urlLength: i32,
  part: i32,
  value: usize,
  valueLength: i32,
  buffer: usize,
  limit: i32,
): i32;
