// One request on its way through the handlers of configured plugins.
import type {
  EarlyResponse,
  Entity,
  Log,
  LogContext,
  RequestContext,
  ResponseContext,
  Store,
} from "../context.ts";
import type { Plugin, RequestOutcome } from "../define-plugin.ts";
import { withClock } from "./fake-clock.ts";
import { FakeConsumers } from "./fake-consumers.ts";
import type { ConsumerInit } from "./fake-consumers.ts";
import { FakeRequest, FakeResponse } from "./fake-request.ts";
import type { FakeRequestInit } from "./fake-request.ts";

/** A plugin with the settings that its `configure` gave for one entry. */
export interface ConfiguredPlugin {
  readonly plugin: Plugin;
  readonly entryId: string;
  readonly settings: unknown;
}

/** What all exchanges of one gateway share. */
export interface SharedState {
  readonly nowMs: number;
  readonly consumers: readonly ConsumerInit[];
  readonly store: Store;
  readonly log: Log;
  readonly appendLine: LogContext["appendLine"];
}

const EARLY_RESPONSE: EarlyResponse = { kind: "early-response" };

export class FakeExchange {
  readonly request: FakeRequest;
  readonly response: FakeResponse = new FakeResponse();
  readonly consumers: FakeConsumers;
  readonly route: Entity = { id: "route-id", name: "route-name" };
  readonly service: Entity = { id: "service-id", name: "service-name" };
  /** Whether a plugin answered, so that no upstream is asked. */
  isAnswered = false;
  readonly #shared: SharedState;
  readonly #clientAddress: string;

  constructor(shared: SharedState, init: FakeRequestInit) {
    this.#shared = shared;
    this.#clientAddress = init.clientAddress ?? "192.0.2.1";
    this.request = new FakeRequest(init, shared.nowMs);
    this.consumers = new FakeConsumers(shared.consumers, this.request);
  }

  onRequest(configured: ConfiguredPlugin): RequestOutcome | Promise<RequestOutcome> {
    const { plugin, entryId, settings } = configured;
    return this.#run(() => plugin.onRequest?.(this.requestContext(entryId), settings));
  }

  onResponse({ plugin, entryId, settings }: ConfiguredPlugin): void | Promise<void> {
    return this.#run(() => plugin.onResponse?.(this.requestContext(entryId), settings));
  }

  onLog({ plugin, entryId, settings }: ConfiguredPlugin): void | Promise<void> {
    return this.#run(() => plugin.onLog?.(this.logContext(entryId), settings));
  }

  requestContext(entryId: string): RequestContext & ResponseContext {
    return {
      ...this.#baseContext(entryId),
      response: this.response,
      respond: (status, body, headers) => this.#answer(status, body, headers),
      error: (status, message, headers) =>
        this.#answer(status, { message, request_id: this.request.id }, headers),
    };
  }

  logContext(entryId: string): LogContext {
    return {
      ...this.#baseContext(entryId),
      response: this.response,
      record: () => this.#record(),
      appendRecord: (path, options) => this.#shared.appendLine(path, this.#record(), options),
      appendLine: this.#shared.appendLine,
    };
  }

  #run<T>(handler: () => T | Promise<T>): T | Promise<T> {
    return withClock(() => this.#shared.nowMs, handler);
  }

  #baseContext(entryId: string) {
    return {
      plugin: { id: entryId },
      request: this.request,
      consumers: this.consumers,
      client: { address: this.#clientAddress, port: 50_000 },
      connection: {
        id: 7,
        requests: 3,
        serverAddress: "127.0.0.1",
        serverPort: 8000,
        workerPid: 4242,
      },
      route: this.route,
      service: this.service,
      store: this.#shared.store,
      log: this.#shared.log,
    };
  }

  #answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const isText = typeof body === "string";
    this.isAnswered = true;
    this.response.status = status;
    this.response.body = isText || body === undefined ? body : JSON.stringify(body);
    if (body !== undefined) {
      this.response.setHeader("Content-Type", isText ? "text/plain" : "application/json");
    }
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
    return EARLY_RESPONSE;
  }

  #record(): string {
    const { method, path, startedAtMs } = this.request;
    return JSON.stringify({
      request: { method, uri: path, headers: this.request.toObject() },
      response: { status: this.response.status, headers: this.response.toObject() },
      client_ip: this.#clientAddress,
      started_at: startedAtMs,
    });
  }
}
