// The plugin ABI, version 1: the numbers that the host, the SDK's guest and any other guest agree on.
// ABI.md beside this file is the written specification; this file is its only copy in code.

/** Version a guest states with its export `sluice_abi_version`. */
export const ABI_VERSION = 1;

/** Namespace of every import a guest may have; Extism reserves it for host functions. */
export const IMPORT_NAMESPACE = "extism:host/user";

/** Custom section that holds a {@link Manifest} as UTF-8 JSON. */
export const MANIFEST_SECTION = "sluice";

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
}

export type JsonSchema = { readonly [keyword: string]: unknown };

/** The phases in which a plugin sees a request, in order. */
export const PHASES = ["access", "header_filter", "log"] as const;
export type Phase = (typeof PHASES)[number];

/** Name of the guest's export for each phase: `(request: i32, config: i32) -> i32` (a {@link Verdict}). */
export const PHASE_EXPORTS: Readonly<Record<Phase, string>> = {
  access: "sluice_access",
  header_filter: "sluice_header_filter",
  log: "sluice_log",
};
/** `(config: i32) -> i32`: a {@link Verdict}; called once for each plugin entry before any phase. */
export const CONFIGURE_EXPORT = "sluice_configure";
/** `() -> i32`: {@link ABI_VERSION}. */
export const VERSION_EXPORT = "sluice_abi_version";

/** What a phase returns. Any other number is treated as {@link Verdict.failed}. */
export const Verdict = {
  /** Go on with the next plugin. */
  continue: 0,
  /** `respond` was called: send that answer, skip the remaining access phases. */
  respond: 1,
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
} as const;

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
  /** (request, status, body, bodyLength) -> 0 or a Fault; headers are those set with kind response. */
  respond: "iiii:i",
  /** (request, collection, collectionLength, key, keyLength) -> credential handle or Fault.absent. */
  credential_find: "iiiii:i",
  /** (request, name, nameLength) -> handle of the consumer with that id or username, or Fault.absent. */
  consumer_find: "iii:i",
  /** (request, consumer, credential) -> 0; one of the handles is -1. A consumer alone is the anonymous one. */
  authenticate: "iii:i",
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
  /** (path, pathLength, data, dataLength, reopen: 0 or 1) -> 0, Fault.denied unless the path stands in the entry's config. */
  file_append: "iiiii:i",
  /** (level, message, messageLength). */
  log: "iii:v",
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
} as const;

export type HostFunction = keyof typeof HOST_FUNCTIONS;

/**
 * Every `(buffer, limit)` pair works alike: the host returns the length of the whole value in bytes and writes it
 * only when it fits; a guest that got more than `limit` asks again with a larger buffer.
 * Names, paths, queries, keys, JSON and messages are UTF-8. Field values are the bytes of the wire (latin-1).
 */
export const MAX_HOST_STRING_BYTES = 1_048_576;
