// The context of each phase. What a handler does not touch is never made.
import type {
  Client,
  Connection,
  EarlyResponse,
  Entity,
  Log,
  LogContext,
  PluginEntry,
  RequestContext,
  ResponseContext,
  Store,
} from "../context.ts";
import { HostConsumers } from "./consumers.ts";
import { check, textOf } from "./faults.ts";
import { RESPONSE_FIELDS, setField } from "./fields.ts";
import { fileAppend, recordGet, respond } from "./native.ts";
import { HostClient, HostConnection, routeOf, serviceOf } from "./peers.ts";
import { HostRequest } from "./request.ts";
import { checkedStatus, HostResponse } from "./response.ts";
import { log, store } from "./services.ts";

export const EARLY_RESPONSE: EarlyResponse = { kind: "early-response" };

const TEXT = "text/plain; charset=utf-8";
const JSON_TEXT = "application/json; charset=utf-8";

/** What the contexts of all phases share. */
class HostContext {
  declare readonly plugin: PluginEntry;
  declare protected readonly requestHandle: number;
  declare private requestView: HostRequest | undefined;
  declare private responseView: HostResponse | undefined;
  declare private consumersView: HostConsumers | undefined;

  constructor(requestHandle: number, plugin: PluginEntry) {
    this.requestHandle = requestHandle;
    this.plugin = plugin;
  }

  get request(): HostRequest {
    return (this.requestView ??= new HostRequest(this.requestHandle));
  }

  get response(): HostResponse {
    return (this.responseView ??= new HostResponse(this.requestHandle));
  }

  get consumers(): HostConsumers {
    return (this.consumersView ??= new HostConsumers(this.requestHandle));
  }

  get client(): Client {
    return new HostClient(this.requestHandle);
  }

  get connection(): Connection {
    return new HostConnection(this.requestHandle);
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

  get log(): Log {
    return log;
  }
}

export class HostRequestContext extends HostContext implements RequestContext {
  /** Whether an answer was given to the host; absent means no. */
  declare isAnswered?: boolean;

  respond(
    status: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): EarlyResponse {
    const isText = typeof body === "string";
    const text = isText ? body : jsonOf(body);
    let contentType = body === undefined ? undefined : isText ? TEXT : JSON_TEXT;
    const request = this.requestHandle;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      if (contentType !== undefined && name.toLowerCase() === "content-type") contentType = undefined;
      setField(request, RESPONSE_FIELDS, name, value);
    }
    if (contentType !== undefined) {
      setField(request, RESPONSE_FIELDS, "content-type", contentType);
    }
    check(respond(request, checkedStatus(status), text), `answer with status ${status}`);
    this.isAnswered = true;
    return EARLY_RESPONSE;
  }

  error(
    status: number,
    message: string,
    headers?: Readonly<Record<string, string>>,
  ): EarlyResponse {
    return this.respond(status, { message, request_id: this.request.id }, headers);
  }
}

function jsonOf(body: unknown): string {
  if (body === undefined) return "";
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) throw new TypeError(`A ${typeof body} cannot be sent as JSON`);
  return text;
}

export class HostResponseContext extends HostContext implements ResponseContext {}

export class HostLogContext extends HostContext implements LogContext {
  record(): string {
    return textOf(recordGet(this.requestHandle), "log record") ?? "";
  }

  appendLine(path: string, line: string, options?: { readonly reopen?: boolean }): void {
    check(fileAppend(path, `${line}\n`, options?.reopen === true ? 1 : 0), `file "${path}"`);
  }
}
