// The plugin ABI, version 1: the numbers that the host, the SDK's guest and any other guest agree on.
// ABI.md beside this file is the written specification; this file is its only copy in code.

/** Version a guest states with its export `sluice_abi_version`. */
export const ABI_VERSION = 1;

/** Namespace of every import a guest may have; Extism reserves it for host functions. */
export const IMPORT_NAMESPACE = "extism:host/user";

/** Custom section that holds a {@link Manifest} as UTF-8 JSON. */
export const MANIFEST_SECTION = "sluice";

/**
 * Custom section with a source map (ECMA-426, JSON) of the script that the guest runs, for the positions in the texts
 * that it gives to `fail` and `log`. Paths are relative to the plugin's entry.
 */
export const SOURCE_MAP_SECTION = "sluice.sourcemap";

/** What a guest says of itself, in the custom section {@link MANIFEST_SECTION}. */
export interface Manifest {
  readonly abi: number;
  readonly name: string;
  readonly version: string;
  /** Kong's PRIORITY: plugins with a higher number run earlier in `access`. */
  readonly priority: number;
  readonly phases: readonly Phase[];
  /** JSON Schema (2020-12) of the plugin's config; `default` keywords are filled in by the host. */
  readonly config: JsonSchema;
  /** Metrics that the plugin records, by the index that `metric_record` takes. */
  readonly metrics?: readonly MetricDefinition[];
  /** What it asks to be granted, see {@link Capability}; nothing when it is missing. Unknown ones are no fault. */
  readonly capabilities?: readonly string[];
}

/**
 * What the operator may grant a plugin: to fetch, to look up and name consumers, to read secrets, to choose targets
 * beside the config's, and to use a store namespace that others use, too.
 */
export type Capability = "fetch" | "consumers" | "secrets" | "targets" | `store:${string}`;

/** A metric of a plugin; `/metrics` shows it as `sluice_plugin_<plugin>_<name>`. */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram";
  /** Lower case, digits and underscores. */
  readonly name: string;
  readonly help: string;
  /** Names of its labels; records give their values in this order. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending; those of the gateway's own latencies (ms) when there are none. */
  readonly buckets?: readonly number[];
}

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The phases in which a plugin sees a request, in order. */
export const PHASES = ["access", "request_body", "header_filter", "body_filter", "log"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Name of the guest's export for each phase: `(request: i32, config: i32) -> i32` (a {@link Verdict}). Those of bodies
 * are called for each chunk: `(request: i32, config: i32, length: i32, isLast: i32) -> i32` (continue or failed, that
 * of requests also respond).
 */
export const PHASE_EXPORTS: Readonly<Record<Phase, string>> = {
  access: "sluice_access",
  request_body: "sluice_request_body",
  header_filter: "sluice_header_filter",
  body_filter: "sluice_body_filter",
  log: "sluice_log",
};
/** `(config: i32) -> i32`: a {@link Verdict}; called once for each plugin entry before any phase. */
export const CONFIGURE_EXPORT = "sluice_configure";
/** `() -> i32`: {@link ABI_VERSION}. */
export const VERSION_EXPORT = "sluice_abi_version";
/** `(call: i32, result: i32) -> i32`: 0, or -1 when the guest is broken; only of guests that wait. */
export const RESUME_EXPORT = "sluice_resume";

/** What a phase returns. Any other number is treated as {@link Verdict.failed}. */
export const Verdict = {
  /** Go on with the next plugin. */
  continue: 0,
  /** `respond` was called: send that answer, skip the remaining access phases. */
  respond: 1,
  /** The phase goes on when the guest is resumed, and ends with `settle`. */
  pending: 2,
  /** The guest could not do its work; it may have said why with `fail`. */
  failed: -1,
} as const;

/** Negative results of host functions. A wild pointer is no result: it traps. */
export const Fault = {
  /** No such header, argument, key or property value. */
  absent: -1,
  /** The request or config handle is unknown or its request has ended. */
  badHandle: -2,
  /** Not allowed in the current phase. */
  wrongPhase: -3,
  /** A value that HTTP does not allow, such as CR or LF in a header, or a number out of range. */
  badValue: -4,
  /** The name belongs to the gateway (identity, forwarding or framing headers) or was not granted. */
  denied: -5,
  /** A limit on size or count was reached. */
  limit: -6,
  /** Who was asked did not answer. */
  unavailable: -7,
} as const;

/** Which field section of the exchange. */
export const FieldKind = { request: 0, response: 1 } as const;

/** How `field_set` and `query_set` change the values of one name. */
export const SetMode = { replace: 0, add: 1, remove: 2 } as const;

/** Strings that `property_get` reads; the settable ones say so. */
export const Property = {
  /** Settable in access. */
  method: 1,
  /** Canonical path without the query, starting with `/`. Settable in access. */
  path: 2,
  /** Raw query without `?`, empty when there is none. Settable in access. */
  query: 3,
  scheme: 4,
  /** Host of the request, lower case, without port. */
  host: 5,
  /** `1.1` or `1.0`. */
  httpVersion: 6,
  clientAddress: 7,
  requestId: 8,
  routeId: 9,
  routeName: 10,
  serviceId: 11,
  serviceName: 12,
  consumerId: 13,
  consumerUsername: 14,
  consumerCustomId: 15,
  credentialId: 16,
  serverAddress: 17,
  /** Name of an upstream of the config, if a plugin chose one. Settable in access. */
  upstream: 18,
  /** `host:port` that the request goes or went to. Settable in access. */
  target: 19,
  /** JSON object of what the groups of the route's path pattern matched, by number and name. */
  uriCaptures: 20,
  /** Client-Cert (RFC 9440) or X-Forwarded-Client-Cert of a trusted peer that ends TLS, as it came. */
  clientCertificate: 21,
  /** JSON array of X-Forwarded-Proto, -Host, -Port, -Path and -Prefix as a trusted peer says them; null for what it leaves out. */
  statedOrigin: 22,
} as const;

/** Numbers that `number_get` reads; NaN when there is none. */
export const NumberProperty = {
  /** Status of the response. Settable in header_filter. */
  status: 1,
  clientPort: 2,
  serverPort: 3,
  /** When the request's first byte was read, ms since 1970. */
  startedAtMs: 4,
  /** Number of the client connection in this process. */
  connectionId: 5,
  /** Requests begun on the client connection, this one included. */
  connectionRequests: 6,
  workerPid: 7,
  /** Bytes from and to the client, heads included; of all of it only in log, as are the following. */
  requestBytes: 8,
  responseBytes: 9,
  /** From the request's first byte to the response's last, ms. */
  requestMs: 10,
  /** From when the request was sent to the head of the upstream's response, ms; none when nobody answered. */
  upstreamMs: 11,
  /** The gateway's own part, ms. */
  gatewayMs: 12,
  /** Whose response it is: 0 the upstream's, 1 a plugin's, 2 the gateway's. */
  answeredBy: 13,
} as const;

/** Of `digest` and `hmac`. */
export const HashAlgorithm = { sha256: 1, sha384: 2, sha512: 3, sha1: 4, md5: 5 } as const;

/** Parts of a URL that `url_set` sets. */
export const UrlPart = {
  href: 1,
  protocol: 2,
  username: 3,
  password: 4,
  host: 5,
  hostname: 6,
  port: 7,
  pathname: 8,
  search: 9,
  hash: 10,
} as const;

/** Of `response_encode`: RFC 9110 section 8.4.1. */
export const ContentCoding = { gzip: 1, deflate: 2, br: 3 } as const;

export const LogLevel = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/**
 * Host functions and their signatures: parameters in order, then the result.
 * `i` is i32, `f` is f64, `v` is nothing. Pointers and lengths are bytes in the guest's memory.
 */
export const HOST_FUNCTIONS = {
  /** (request, kind, name, nameLength, index, buffer, limit) -> length of the index-th value, or Fault.absent. */
  field_get: "iiiiiii:i",
  /** (request, kind, name, nameLength, buffer, limit) -> length of all values, NUL between them, or Fault.absent. */
  fields_get: "iiiiii:i",
  /** (request, kind, buffer, limit) -> length of the distinct lower-case names, each ended by NUL. */
  field_names: "iiii:i",
  /** (request, kind, name, nameLength, value, valueLength, mode) -> 0 or a Fault. */
  field_set: "iiiiiii:i",
  /**
   * (request, kind, fields, fieldsLength, count) -> 0 or a Fault. Replaces the values of `count` names, all or none.
   * `fields` is each name and its value, each ended by NUL; more or fewer NULs than that are Fault.badValue.
   */
  fields_set: "iiiii:i",
  /**
   * (request, kind, fields, fieldsLength, count) -> as fields_set, of values with placeholders: a name between two bytes 1.
   * `uuid` and `serial` are this request's, `quota.<id>.<period or "tightest">.<limit, remaining or reset>` what it took.
   */
  fields_fill: "iiiii:i",
  /** (request, property, buffer, limit) -> length or Fault.absent. */
  property_get: "iiii:i",
  /** (request, property, value, valueLength) -> 0 or a Fault. */
  property_set: "iiii:i",
  /** (request, number) -> value or NaN. */
  number_get: "ii:f",
  /** (request, number, value) -> 0 or a Fault. */
  number_set: "iif:i",
  /** (request, name, nameLength, index, buffer, limit) -> length of the index-th decoded argument, or Fault.absent. */
  query_get: "iiiiii:i",
  /** (request, name, nameLength, value, valueLength, mode) -> 0 or a Fault. */
  query_set: "iiiiii:i",
  /** (request, status, body, bodyLength) -> 0 or a Fault; headers are those set with kind response. Any bytes. */
  respond: "iiii:i",
  /** (request, buffer, limit) -> length of the chunk of this call. */
  chunk_get: "iii:i",
  /** (request, data, length) -> 0 or a Fault. These bytes go on instead of the chunk of this call; 0 drops it. */
  chunk_set: "iii:i",
  /**
   * (request, kind, maxBytes) -> call id or a Fault; resumes with the length of the whole body, which is part 1, or with
   * Fault.limit when it is longer than `maxBytes` or {@link MAX_BODY_BYTES}.
   */
  body_read: "iii:i",
  /** (request, kind, data, length) -> 0 or a Fault. These bytes are the whole body from now on. */
  body_set: "iiii:i",
  /** (request, kind) -> 0 or a Fault. This plugin sees no more chunks of that body. */
  body_skip: "ii:i",
  /** (request, coding, level: -1 for the usual one) -> 0 or a Fault; absent when this response cannot be encoded. */
  response_encode: "iii:i",
  /** (request, collection, collectionLength, key, keyLength) -> credential handle or Fault.absent. */
  credential_find: "iiiii:i",
  /** (request, credential, buffer, limit) -> length of JSON: the credential's fields by Kong's names, with secrets. */
  credential_get: "iiii:i",
  /** (request, name, nameLength) -> handle of the consumer with that id or username, or Fault.absent. */
  consumer_find: "iii:i",
  /** (request, property, value, valueLength) -> as consumer_find; property is 13 (id), 14 (username) or 15 (custom id). */
  consumer_find_by: "iiii:i",
  /** (request, consumer: -1 for the one of the request, buffer, limit) -> length of JSON, or Fault.absent. */
  consumer_get: "iiii:i",
  /** (request, consumer, credential) -> 0; one of the handles is -1. A consumer alone is the anonymous one. */
  authenticate: "iii:i",
  /** (request, consumer: -1 for none, id, idLength) -> 0; by a credential that the config does not have. */
  authenticate_by: "iiii:i",
  /** (request, untilMs) -> 0; what this call does is done for requests of which it would read the same, until then. */
  remember: "if:i",
  /** (request, buffer, limit) -> length of Kong's log record as JSON, with credentials redacted. */
  record_get: "iii:i",
  /** (request, path, pathLength, reopen) -> as file_append, of the log record and a newline; the guest never has it. */
  record_append: "iiii:i",
  /** (config, buffer, limit) -> length of `{"id": string, "config": object}` of one plugin entry. */
  config_get: "iii:i",
  /** (key, keyLength, buffer, limit) -> length or Fault.absent. */
  store_get: "iiii:i",
  /** (key, keyLength, value, valueLength, ttlMs: 0 keeps it) -> 0 or a Fault. */
  store_set: "iiiif:i",
  /** (key, keyLength) -> 0. */
  store_delete: "ii:i",
  /** (key, keyLength, delta, ttlMs when it is created) -> the new value, NaN when the key holds no number. */
  store_increment: "iiff:f",
  /** (key, keyLength, expected, expectedLength: -1 for none, value, valueLength, ttlMs) -> 1 when it was set, else 0. */
  store_compare_and_set: "iiiiiif:i",
  /**
   * (options, optionsLength) -> id of a quota of the current entry, or a Fault; in configure. Options are JSON:
   * `{"name": string, "limits": {period: number}, "sliding": boolean}`.
   */
  quota_open: "ii:i",
  /** (request, quota, identifier, identifierLength, cost) -> 1 when it fits all limits, else 0, and nothing is taken. */
  quota_take: "iiiif:i",
  /** (request, key, keyLength, buffer, limit) -> length or Fault.absent; data of one request, for all its plugins. */
  shared_get: "iiiii:i",
  /** (request, key, keyLength, value, valueLength: -1 removes it) -> 0 or a Fault. */
  shared_set: "iiiii:i",
  /** (request, name, nameLength, buffer, limit) -> length or Fault.absent; request 0 for the current call's entry. */
  secret_get: "iiiii:i",
  /** (algorithm, data, dataLength, buffer, limit) -> length. */
  digest: "iiiii:i",
  /** (algorithm, key, keyLength, data, dataLength, buffer, limit) -> length. */
  hmac: "iiiiiii:i",
  /** (a, aLength, b, bLength) -> 1 or 0, in a time that depends on the lengths alone. */
  bytes_equal: "iiii:i",
  /** (token, tokenLength, keys, keysLength, options, optionsLength, buffer, limit) -> length of JSON. */
  jwt_verify: "iiiiiiii:i",
  /** (claims, claimsLength, key, keyLength, options, optionsLength, buffer, limit) -> length of JSON. */
  jwt_sign: "iiiiiiii:i",
  /** (metric, value, labels, labelsLength) -> 0 or a Fault; `labels` is each value, ended by NUL. */
  metric_record: "ifii:i",
  /** (request, parent: 0 for the request, name, nameLength) -> span or a Fault. */
  span_start: "iiii:i",
  /** (request, span, key, keyLength, value, valueLength) -> 0 or a Fault. */
  span_set: "iiiiii:i",
  /** (request, span, isError: 0 or 1) -> 0 or a Fault. */
  span_end: "iii:i",
  /** (request, buffer, limit) -> length of JSON. */
  trace_get: "iii:i",
  /** (path, pathLength, data, dataLength, reopen: 0 or 1) -> 0, Fault.denied unless the path stands in the entry's config. */
  file_append: "iiiii:i",
  /** (options: JSON, length) -> id of a sink of the current entry, or a Fault; in configure. */
  sink_open: "ii:i",
  /** (request: 0 for none, sink, data, length: -1 for the request's log record) -> 0 or a Fault; queued by the host. */
  sink_append: "iiii:i",
  /** (level, message, messageLength). */
  log: "iii:v",
  /** (level, message, messageLength, fields, fieldsLength): fields are a JSON object. */
  log_fields: "iiiii:v",
  /** () -> ms since 1970, with fractions. */
  now_ms: ":f",
  /** (buffer, length) -> 0; cryptographically strong bytes. */
  random_bytes: "ii:i",
  /** () -> a number in [0, 1). */
  random_number: ":f",
  /** () -> 1 when the call has used up its time and must end. */
  deadline_reached: ":i",
  /** (message, messageLength): why the guest is about to return Verdict.failed. */
  fail: "ii:v",
  /** (request, verdict) -> 0 or Fault.badHandle: ends a phase that returned Verdict.pending. */
  settle: "ii:i",
  /** (call, part, offset, buffer, limit) -> length of the whole part; copies up to `limit` bytes from `offset`. */
  result_read: "iiiii:i",
  /** (delayMs, repeats: 0 or 1) -> call id or a Fault; resumes with 0. */
  timer_start: "fi:i",
  /** (call) -> 0 or Fault.badHandle. */
  timer_stop: "i:i",
  /** (request: 0 outside of one, head, headLength, body, bodyLength) -> call id or a Fault; resumes with the status. */
  fetch: "iiiii:i",
  /** (options, optionsLength) -> id of a Redis, or a Fault; in configure. Options are Kong's `redis` fields as JSON. */
  redis_open: "ii:i",
  /**
   * (request: 0 outside of one, redis, command, commandLength, data, dataLength: -1 for none) -> call id or a Fault;
   * resumes with 0 when part 0 is the reply as JSON, with 1 when part 1 is the bytes of one. The command is a JSON array
   * of texts, in which null stands for the data.
   */
  redis_call: "iiiiii:i",
  /** (text, textLength, base, baseLength: -1 for none, buffer, limit) -> length of JSON, or Fault.badValue. */
  url_parse: "iiiiii:i",
  /** (url, urlLength, part, value, valueLength, buffer, limit) -> length of JSON, or Fault.badValue. */
  url_set: "iiiiiii:i",
} as const;

export type HostFunction = keyof typeof HOST_FUNCTIONS;

/**
 * What a call may use that is remembered: the host records these, or their results follow from their parameters and the
 * config alone. The clock is the author's to mind, who says until when. With all others nothing is kept of the call.
 */
export const REPEATABLE_FUNCTIONS = [
  "field_get",
  "fields_get",
  "field_names",
  "field_set",
  "fields_set",
  "fields_fill",
  "property_get",
  "property_set",
  "number_get",
  "query_get",
  "query_set",
  "credential_find",
  "credential_get",
  "consumer_find",
  "consumer_find_by",
  "consumer_get",
  "authenticate",
  "authenticate_by",
  "remember",
  "record_append",
  "quota_take",
  "config_get",
  "digest",
  "hmac",
  "bytes_equal",
  "jwt_verify",
  "url_parse",
  "url_set",
  "now_ms",
  "deadline_reached",
] as const;
export type RepeatableFunction = (typeof REPEATABLE_FUNCTIONS)[number];

/**
 * Every `(buffer, limit)` pair works alike: the host returns the length of the whole value in bytes and writes it
 * only when it fits; a guest that got more than `limit` asks again with a larger buffer.
 * Names, paths, queries, keys, JSON and messages are UTF-8. Field values are the bytes of the wire (latin-1).
 */
export const MAX_HOST_STRING_BYTES = 1_048_576;

/** Of a body that is held as a whole, replaced, or given to `respond`. */
export const MAX_BODY_BYTES = 8_388_608;
/** Of one piece of a body that a plugin is called with. */
export const MAX_CHUNK_BYTES = 65_536;
