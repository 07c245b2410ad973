// What a plugin's handlers see of one request. The guest implements it; the types are the public contract.

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
  addHeader(name: string, value: string): void;
  removeHeader(name: string): void;
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
  /** First decoded value of a query argument, or undefined. */
  queryArg(name: string): string | undefined;
  queryArgs(name: string): string[];
}

export interface MutableRequest extends ReadableRequest, WritableFields {
  method: string;
  path: string;
  query: string;
  setQueryArg(name: string, value: string): void;
  removeQueryArg(name: string): void;
}

export interface ReadableResponse extends ReadableFields {
  readonly status: number;
}

export interface MutableResponse extends ReadableResponse, WritableFields {
  status: number;
}

export interface Client {
  readonly address: string;
  readonly port: number;
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
  /** Sets the consumer and Kong's X-Consumer-* and X-Credential-Identifier headers upstream. */
  authenticate(credential: Credential): void;
  /** Sets the consumer as anonymous (X-Anonymous-Consumer: true). */
  authenticateAs(consumer: FoundConsumer): void;
}

/** Data that outlives a request, shared by all instances of the plugin, never with another plugin. */
export interface Store {
  get(key: string): string | undefined;
  /** Without ttlMs the value stays until it is evicted. */
  set(key: string, value: string, ttlMs?: number): void;
  delete(key: string): void;
  /** Atomic. ttlMs counts from the key's creation. Returns the new value; throws when the key holds no number. */
  increment(key: string, delta: number, ttlMs?: number): number;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

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
  readonly log: Log;
}

/** The answer of {@link RequestContext.respond}: return it from the handler. */
export interface EarlyResponse {
  readonly kind: "early-response";
}

export interface RequestContext extends BaseContext {
  readonly request: MutableRequest;
  /** Changes to the headers of whatever response the client gets in the end. */
  readonly response: WritableFields;
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

export interface ResponseContext extends BaseContext {
  readonly request: ReadableRequest;
  readonly response: MutableResponse;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
}

export interface LogContext extends BaseContext {
  readonly request: ReadableRequest;
  readonly response: ReadableResponse;
  readonly consumers: Pick<Consumers, "current" | "credentialId">;
  /** Kong's log record as one line of JSON, credentials redacted. */
  record(): string;
  /** As appendLine of the record, which never enters the plugin: half the cost. */
  appendRecord(path: string, options?: { readonly reopen?: boolean }): void;
  /** Appends a line, and the newline after it, to a file that the entry's config names; queued by the host. */
  appendLine(path: string, line: string, options?: { readonly reopen?: boolean }): void;
}
