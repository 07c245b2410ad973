// What a plugin's handlers see of one request. The guest implements it; the types are the public contract.
import type { FetchInit, FetchResponse } from "./fetch-types.ts";
import type { CookieAttributes } from "./cookies.ts";
import type { Quota } from "./quota.ts";

/** Values of one header or query argument are read in the order in which they arrived. */
export interface ReadableFields {
  /** First value of the header, or undefined. Names are case-insensitive. */
  header(name: string): string | undefined;
  /** All values of the header, one for each field line. */
  headers(name: string): string[];
  /** Distinct names in lower case, in order of arrival. */
  headerNames(): string[];
}

export interface WritableFields {
  /** Replaces all values. Throws when the value has CR, LF or NUL, or the name belongs to the gateway. */
  setHeader(name: string, value: string): void;
  /**
   * As setHeader for each, in one step: all of them or, when it throws, none. Names and values take turns, as in
   * Node's rawHeaders: five headers cost little more than one.
   */
  setHeaders(namesAndValues: readonly string[]): void;
  /**
   * As setHeaders, of a text that has each name and value with a NUL (`\0`) behind it, `count` pairs: for what is the same,
   * or nearly, in each request and is put together once.
   */
  setHeaderBlock(block: string, count: number): void;
  /**
   * As setHeader, of a value with placeholders (`placeholders`, those of a `Quota`), in whose place the gateway puts what
   * they stand for. A remembered decision does the same with the next request's.
   */
  fillHeader(name: string, template: string): void;
  /** As setHeaderBlock, of values with placeholders. */
  fillHeaderBlock(block: string, count: number): void;
  addHeader(name: string, value: string): void;
  removeHeader(name: string): void;
}

/** Fields of a response, which can set cookies. */
export interface WritableResponseFields extends WritableFields {
  /**
   * Adds a Set-Cookie line; the value is percent-encoded. Throws TypeError for what browsers refuse, such as
   * `sameSite: "None"` without `secure`.
   */
  setCookie(name: string, value: string, attributes?: CookieAttributes): void;
}

export interface ReadableRequest extends ReadableFields {
  /** The request's id, also sent upstream and back as X-Request-Id. */
  readonly id: string;
  readonly method: string;
  readonly scheme: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly httpVersion: string;
  /** Canonical path without the query. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
  /** When the first byte was read, ms since 1970. */
  readonly startedAtMs: number;
  /** What the groups of the route's path pattern matched, by number, from 1, and by name. */
  readonly uriCaptures: Readonly<Record<string, string>>;
  /** First decoded value of a query argument, or undefined. */
  queryArg(name: string): string | undefined;
  queryArgs(name: string): string[];
  /** Value of a cookie, percent escapes decoded, or undefined. */
  cookie(name: string): string | undefined;
  /** All cookies; the first of a name counts. */
  cookies(): ReadonlyMap<string, string>;
}

/** How much of a body a plugin takes. */
export interface BodyOptions {
  /** Default: 1 MiB; at most 8 MiB. */
  readonly maxBytes?: number;
}

/**
 * A body as a whole. The gateway holds the message until it has come. Rejected with a RangeError when it is longer than
 * the plugin takes; if the handler lets that pass, the client gets 413 for its request, 502 for a response.
 */
export interface MutableBody {
  /** Decoded as UTF-8. */
  text(options?: BodyOptions): Promise<string>;
  bytes(options?: BodyOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Rejected with a SyntaxError when it is no JSON. */
  json(options?: BodyOptions): Promise<unknown>;
  /** Replaces all of it, read or not, and states its new length. At most 8 MiB. */
  setBody(body: string | Uint8Array): void;
  /** The plugin's onRequestBody or onResponseBody sees no more of this body. */
  skipBody(): void;
}

export interface MutableRequest extends ReadableRequest, WritableFields, MutableBody {
  method: string;
  path: string;
  query: string;
  setQueryArg(name: string, value: string): void;
  removeQueryArg(name: string): void;
}

export interface ReadableResponse extends ReadableFields {
  readonly status: number;
}

export type ContentCodingName = "gzip" | "deflate" | "br";

export interface MutableResponse extends ReadableResponse, WritableResponseFields, MutableBody {
  status: number;
  /**
   * Compresses the body on its way to the client, behind all plugins; levels are 1 to 9, those of `br` 0 to 11. The
   * gateway states the coding and what follows from it, and the plugin Vary. False for a response that cannot be
   * encoded: without a body, partial, encoded already, or with `no-transform`.
   */
  encodeBody(coding: ContentCodingName, level?: number): boolean;
}

export interface Client {
  readonly address: string;
  readonly port: number;
  /**
   * The certificate of the client's TLS connection, as a trusted peer that ends TLS tells of it: the value of
   * Client-Cert (RFC 9440), or else of Envoy's X-Forwarded-Client-Cert.
   */
  readonly certificate: string | undefined;
  /**
   * What a trusted peer says of where the client asked, and upstreams are told: X-Forwarded-Proto, -Host, -Port, -Path and
   * -Prefix as a JSON array, null for what it leaves out; undefined when it says none of them. Requests that differ in it
   * may have different answers.
   */
  readonly statedOrigin: string | undefined;
}

/** The connection the request came on. */
export interface Connection {
  /** Number of the client connection in this process. */
  readonly id: number;
  /** Requests begun on it, this one included. */
  readonly requests: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly workerPid: number;
}

export interface Entity {
  readonly id: string;
  readonly name: string | undefined;
}

export interface Consumer {
  readonly id: string;
  readonly username: string | undefined;
  readonly customId: string | undefined;
  readonly tags: readonly string[];
  /** Kong's acls. */
  readonly groups: readonly string[];
}

/** What the config says of a credential, by Kong's names of its fields; with secrets. */
export interface CredentialFields {
  readonly id: string;
  /** Of its owner. */
  readonly consumer_id: string;
  readonly [field: string]: unknown;
}

/** A credential found in the gateway's config; pass it to {@link Consumers.authenticate}. */
export interface Credential {
  readonly kind: "credential";
  readonly handle: number;
}

/** A consumer found in the gateway's config; pass it to {@link Consumers.authenticateAs}. */
export interface FoundConsumer {
  readonly kind: "consumer";
  readonly handle: number;
}

export interface Consumers {
  /** The consumer authenticated so far, by this plugin or an earlier one. */
  readonly current: Consumer | undefined;
  /** Id of the credential that authenticated it; undefined for an anonymous consumer. */
  readonly credentialId: string | undefined;
  /** Compares in constant time. `collection` is Kong's name, such as `keyauth_credentials`. */
  findCredential(collection: string, key: string): Credential | undefined;
  /** By id or username. */
  find(idOrUsername: string): FoundConsumer | undefined;
  /** By one of its fields alone. */
  findBy(field: "id" | "username" | "custom_id", value: string): FoundConsumer | undefined;
  /** What the config says of a credential. Of a password there is `password_digest` only, see ABI.md. */
  credential(credential: Credential): CredentialFields;
  /** What the config says of a consumer. */
  consumer(consumer: FoundConsumer): Consumer;
  /**
   * Sets the consumer and Kong's X-Consumer-* and X-Credential-Identifier headers upstream. False, and nothing is set,
   * for a credential that was found under an earlier config.
   */
  authenticate(credential: Credential): boolean;
  /** Sets the consumer as anonymous (X-Anonymous-Consumer: true). */
  authenticateAs(consumer: FoundConsumer): void;
  /**
   * The same by a credential that the config does not have, such as a token that an issuer vouches for; `id` names it, at
   * most 256 bytes. Without a consumer, the request is authenticated and nobody's.
   */
  authenticateBy(id: string, consumer?: FoundConsumer): void;
}

/** Data that outlives a request. */
export interface KeyValues {
  get(key: string): string | undefined;
  /** Without ttlMs the value stays until it is evicted. */
  set(key: string, value: string, ttlMs?: number): void;
  delete(key: string): void;
  /** Atomic. ttlMs counts from the key's creation. Returns the new value; throws when the key holds no number. */
  increment(key: string, delta: number, ttlMs?: number): number;
  /**
   * Sets the value if the key holds what was expected, or nothing when undefined was; atomic, across workers, too.
   * Returns whether it did.
   */
  compareAndSet(key: string, expected: string | undefined, value: string, ttlMs?: number): boolean;
}

/** Shared by all instances of the plugin, never with another plugin. */
export interface Store extends KeyValues {
  /** Keys that several plugins share, under a name. Each plugin needs the grant `store: [name]`. */
  namespace(name: string): KeyValues;
}

/** JSON values that belong to one request: what a plugin sets, itself and others read in this and later phases. */
export interface SharedData {
  /** Undefined when there is none. */
  get(key: string): unknown;
  /** Undefined removes it. Throws RangeError when all together would be more than 64 KiB. */
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

export interface Secrets {
  /**
   * A secret by its reference, such as `vault://env/jwt-key`; undefined when there is none. Throws unless it is granted.
   */
  get(reference: string): string | undefined;
}

/** Where the request goes. What is set here takes the place of what the service says. */
export interface UpstreamChoice {
  /** Name of the upstream that a plugin has chosen. */
  readonly name: string | undefined;
  /** `host:port` that was chosen or that the request went to last. */
  readonly target: string | undefined;
}

export interface MutableUpstreamChoice extends UpstreamChoice {
  /** An upstream of the config. Throws TypeError when there is none of that name. */
  choose(name: string): void;
  /** A host of its own, `host:port`. Throws unless it is granted. */
  chooseTarget(hostAndPort: string): void;
}

/** A stretch of time on the request's trace. */
export interface Span {
  /** Notes something of it; 32 attributes at most, further ones are left out. */
  set(key: string, value: string | number | boolean): void;
  /** As {@link Trace.span}, with this span as its parent. */
  span<Result>(name: string, run: (span: Span) => Result): Result;
}

/** The trace that the request is part of (W3C Trace Context). */
export interface Trace {
  /** Of the client's valid traceparent, else random. */
  readonly id: string;
  /**
   * Runs a function in a span, which ends when it returns or its promise settles, and is an error when that failed. At
   * most 64 spans a request: the function runs without one then.
   */
  span<Result>(name: string, run: (span: Span) => Result): Result;
  /** What is known so far. */
  record(): TraceRecord;
}

export interface TraceRecord {
  /** Hex digits, 32 of a trace and 16 of a span. */
  readonly trace_id: string;
  /** Of the request itself: parent of the spans that name no other one. */
  readonly span_id: string;
  /** Of the client's span. */
  readonly parent_id: string | null;
  /** What the client decided; true where it said nothing. */
  readonly sampled: boolean;
  readonly spans: readonly SpanRecord[];
}

export interface SpanRecord {
  readonly span_id: string;
  readonly parent_id: string;
  readonly name: string;
  readonly plugin: string;
  /** ns since 1970, in digits, because numbers are not exact there; null for one that has not ended. */
  readonly start_ns: string;
  readonly end_ns: string | null;
  readonly is_error: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A message is one line of JSON in the gateway's log, with the fields as its `fields`; 8 KiB each. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** The plugin entry of the config whose settings the handler runs with. */
export interface PluginEntry {
  /** Stable across reloads: counters of two entries never mix. */
  readonly id: string;
}

interface BaseContext {
  readonly plugin: PluginEntry;
  readonly client: Client;
  readonly connection: Connection;
  readonly route: Entity | undefined;
  readonly service: Entity | undefined;
  readonly store: Store;
  readonly shared: SharedData;
  readonly secrets: Secrets;
  readonly trace: Trace;
  readonly upstream: UpstreamChoice;
  readonly log: Log;
  /**
   * Asks another server, one that `grants.fetch` of the config names. Rejected with FetchError; also when the request
   * ends before the answer has come. For what several requests wait for, import `fetch`.
   */
  fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse>;
}

/** The answer of {@link RequestContext.respond}: return it from the handler. */
export interface EarlyResponse {
  readonly kind: "early-response";
}

interface RepeatableContext extends BaseContext {
  /**
   * Takes from what a quota leaves to a client, all of `cost` (a whole number, 1 by default) in each of its windows; false
   * when one of them has less left, and then nothing is taken. `identifier` says whose requests count together. For a
   * remembered decision the gateway takes the same of each request by itself, and calls the handler when there is none left.
   */
  take(quota: Quota, identifier: string, cost?: number): boolean;
  /**
   * Promises that what the handler does follows from its config and from what it reads of this request, and of its
   * response, alone: the gateway may do the same for the next request of which it would read the same, without calling
   * it, until then (ms since 1970; for good by default). What was remembered is forgotten with each change of the config.
   * The gateway notices itself when a call waits, answers, or uses something of which this cannot be true (store, shared
   * data, random, log, metrics, fetch), and then remembers nothing; variables of the plugin it cannot see.
   */
  remember(untilMs?: number): void;
}

export interface RequestContext extends RepeatableContext {
  readonly request: MutableRequest;
  /** Changes to the headers of whatever response the client gets in the end. */
  readonly response: WritableResponseFields & Pick<MutableBody, "skipBody">;
  readonly upstream: MutableUpstreamChoice;
  readonly consumers: Consumers;
  /**
   * Ends the request here: no later plugin's onRequest runs and no upstream is asked. onResponse and onLog do run.
   * A string body is sent as text/plain, anything else as JSON, unless a Content-Type is given.
   */
  respond(
    status: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): EarlyResponse;
  /** As respond, with the gateway's error shape `{"message", "request_id"}`. */
  error(status: number, message: string, headers?: Readonly<Record<string, string>>): EarlyResponse;
}

/** Of one piece of a request's body on its way to the upstream. */
export interface RequestBodyContext extends BaseContext {
  readonly request: ReadableRequest & Pick<MutableBody, "skipBody">;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
}

/** Of one piece of a response's body on its way to the client. */
export interface ResponseBodyContext extends BaseContext {
  readonly request: ReadableRequest;
  readonly response: ReadableResponse & Pick<MutableBody, "skipBody">;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
}

export interface ResponseContext extends RepeatableContext {
  readonly request: ReadableRequest;
  readonly response: MutableResponse;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
}

/** How long a request took and how large it was: what of the log record is needed most, without making that. */
export interface Measured {
  /** From the client, with the head. */
  readonly requestBytes: number;
  /** To the client, with the head. */
  readonly responseBytes: number;
  /** From the request's first byte to the response's last, ms. */
  readonly requestMs: number;
  /** Until the head of the upstream's response, ms; undefined when no upstream answered. */
  readonly upstreamMs: number | undefined;
  /** The gateway's own part, ms. */
  readonly gatewayMs: number;
  readonly answeredBy: "upstream" | "plugin" | "gateway";
}

export interface LogContext extends RepeatableContext {
  readonly request: ReadableRequest;
  readonly response: ReadableResponse;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
  readonly measured: Measured;
  /** Kong's log record as one line of JSON, credentials redacted. */
  record(): string;
  /** As appendLine of the record, which never enters the plugin: half the cost. */
  appendRecord(path: string, options?: { readonly reopen?: boolean }): void;
  /** Appends a line, and the newline after it, to a file that the entry's config names; queued by the host. */
  appendLine(path: string, line: string, options?: { readonly reopen?: boolean }): void;
}
