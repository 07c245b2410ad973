// The context of each phase. What a handler does not touch is never made.
//
// Two things keep a call cheap in QuickJS (RATIONALE.md has the numbers). Objects are literals with a prototype,
// because a constructor call costs twice as much. And a context is its own `request`, which nearly every handler
// reads, so that it needs no second object.
import { Fault } from "../abi.ts";
import type {
  Client,
  Connection,
  EarlyResponse,
  Entity,
  Log,
  LogContext,
  Measured,
  MutableRequest,
  MutableUpstreamChoice,
  PluginEntry,
  RequestBodyContext,
  RequestContext,
  ResponseBodyContext,
  ResponseContext,
  Secrets,
  SharedData,
  Store,
  Trace,
} from "../context.ts";
import type { FetchInit, FetchResponse } from "../fetch-types.ts";
import type { Quota } from "../quota.ts";
import { dataOf } from "./bodies.ts";
import { HostConsumers } from "./consumers.ts";
import { check, textOf } from "./faults.ts";
import { fetchFor } from "./fetch.ts";
import { HostMeasured } from "./measured.ts";
import { fileAppend, quotaTake, recordAppend, recordGet, remember, respond } from "./native.ts";
import { HostClient, HostConnection, routeOf, serviceOf } from "./peers.ts";
import { HostRequest } from "./request.ts";
import { checkedStatus, HostResponse } from "./response.ts";
import { HostSecrets } from "./secrets.ts";
import { log, store } from "./services.ts";
import { HostSharedData } from "./shared-data.ts";
import { HostTrace } from "./trace.ts";
import { HostUpstreamChoice } from "./upstream.ts";
import { viewOf } from "./view.ts";

export const EARLY_RESPONSE: EarlyResponse = { kind: "early-response" };

const TEXT = "text/plain; charset=utf-8";
const BYTES = "application/octet-stream";
const JSON_TEXT = "application/json; charset=utf-8";

/** What the contexts of all phases share. */
abstract class HostContext extends HostRequest {
  declare readonly plugin: PluginEntry;

  get request(): MutableRequest {
    return this;
  }

  get response(): HostResponse {
    return viewOf({ __proto__: HostResponse.prototype, requestHandle: this.requestHandle });
  }

  get consumers(): HostConsumers {
    return viewOf({ __proto__: HostConsumers.prototype, requestHandle: this.requestHandle });
  }

  get client(): Client {
    return viewOf({ __proto__: HostClient.prototype, requestHandle: this.requestHandle });
  }

  get connection(): Connection {
    return viewOf({ __proto__: HostConnection.prototype, requestHandle: this.requestHandle });
  }

  get route(): Entity | undefined {
    return routeOf(this.requestHandle);
  }

  get service(): Entity | undefined {
    return serviceOf(this.requestHandle);
  }

  get store(): Store {
    return store;
  }

  get shared(): SharedData {
    return viewOf({ __proto__: HostSharedData.prototype, requestHandle: this.requestHandle });
  }

  get secrets(): Secrets {
    return viewOf({ __proto__: HostSecrets.prototype, requestHandle: this.requestHandle });
  }

  get trace(): Trace {
    return viewOf({ __proto__: HostTrace.prototype, requestHandle: this.requestHandle });
  }

  get upstream(): MutableUpstreamChoice {
    return viewOf({ __proto__: HostUpstreamChoice.prototype, requestHandle: this.requestHandle });
  }

  get log(): Log {
    return log;
  }

  fetch(url: string | URL, init?: FetchInit): Promise<FetchResponse> {
    return fetchFor(this.requestHandle, url, init);
  }

  take(quota: Quota, identifier: string, cost: number = 1): boolean {
    const result = quotaTake(this.requestHandle, quota.id, identifier, cost);
    if (result === Fault.badValue) {
      throw new RangeError(`A cost is a whole number from 1 to 1e9, not ${cost}`);
    }
    if (result < 0) check(result, `quota ${quota.id} of this entry`);
    return result === 1;
  }

  remember(untilMs: number = Infinity): void {
    const result = remember(this.requestHandle, untilMs);
    if (result < 0) check(result, `decision until ${untilMs}`);
  }
}

export abstract class HostRequestContext extends HostContext implements RequestContext {
  /** Whether an answer was given to the host. */
  declare isAnswered: boolean;

  respond(
    status: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): EarlyResponse {
    const isText = typeof body === "string";
    const isBytes = !isText && body instanceof Uint8Array;
    const data = isText || isBytes ? dataOf(body) : jsonOf(body);
    let contentType = body === undefined ? undefined : isText ? TEXT : isBytes ? BYTES : JSON_TEXT;
    const { response } = this;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      if (contentType !== undefined && name.toLowerCase() === "content-type")
        contentType = undefined;
      response.setHeader(name, value);
    }
    if (contentType !== undefined) response.setHeader("content-type", contentType);
    check(respond(this.requestHandle, checkedStatus(status), data), `answer with ${status}`);
    this.isAnswered = true;
    return EARLY_RESPONSE;
  }

  error(
    status: number,
    message: string,
    headers?: Readonly<Record<string, string>>,
  ): EarlyResponse {
    return this.respond(status, { message, request_id: this.id }, headers);
  }
}

function jsonOf(body: unknown): string {
  if (body === undefined) return "";
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) throw new TypeError(`A ${typeof body} cannot be sent as JSON`);
  return text;
}

export abstract class HostResponseContext extends HostContext implements ResponseContext {}

export abstract class HostBodyContext
  extends HostContext
  implements RequestBodyContext, ResponseBodyContext {}

export abstract class HostLogContext extends HostContext implements LogContext {
  get measured(): Measured {
    return viewOf({ __proto__: HostMeasured.prototype, requestHandle: this.requestHandle });
  }

  record(): string {
    return textOf(recordGet(this.requestHandle), "log record") ?? "";
  }

  appendRecord(path: string, options?: { readonly reopen?: boolean }): void {
    const reopen = options?.reopen === true ? 1 : 0;
    const result = recordAppend(this.requestHandle, path, reopen);
    if (result < 0) check(result, `file "${path}"`);
  }

  appendLine(path: string, line: string, options?: { readonly reopen?: boolean }): void {
    check(fileAppend(path, `${line}\n`, options?.reopen === true ? 1 : 0), `file "${path}"`);
  }
}
