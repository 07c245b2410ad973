// One request on its way through the handlers of configured plugins.
import type {
  EarlyResponse,
  Entity,
  Log,
  LogContext,
  Measured,
  MutableUpstreamChoice,
  RequestContext,
  ResponseContext,
  Secrets,
  SharedData,
  Store,
} from "../context.ts";
import type { ChunkOutcome, Plugin, RequestOutcome } from "../define-plugin.ts";
import type { Quota } from "../quota.ts";
import { HttpError } from "../http-error.ts";
import { withClock } from "./fake-clock.ts";
import { FakeConsumers } from "./fake-consumers.ts";
import type { ConsumerInit } from "./fake-consumers.ts";
import { fakeFetch } from "./fake-fetch.ts";
import { FakeFill } from "./fake-fill.ts";
import type { FakeQuotas } from "./fake-quotas.ts";
import { FakeRequest, FakeResponse } from "./fake-request.ts";
import type { FakeRequestInit } from "./fake-request.ts";
import type { FakeMessage } from "./fake-message.ts";
import { FakeTrace } from "./fake-trace.ts";

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
  readonly quotas: FakeQuotas;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly appendLine: LogContext["appendLine"];
}

const EARLY_RESPONSE: EarlyResponse = { kind: "early-response" };

export class FakeExchange {
  readonly request: FakeRequest;
  readonly response: FakeResponse = new FakeResponse();
  readonly consumers: FakeConsumers;
  /** What a handler gave to `remember`; undefined as long as none did. */
  rememberedUntilMs: number | undefined;
  readonly route: Entity = { id: "route-id", name: "route-name" };
  readonly service: Entity = { id: "service-id", name: "service-name" };
  readonly trace: FakeTrace;
  /** JSON texts by key. */
  readonly #sharedData = new Map<string, string>();
  readonly shared: SharedData = {
    get: (key) => {
      const text = this.#sharedData.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: (key, value) => this.#share(key, value),
    delete: (key) => this.#share(key, undefined),
  };
  /** What plugins chose; any name and target is taken. */
  chosen: { name: string | undefined; target: string | undefined } = {
    name: undefined,
    target: undefined,
  };
  /** Whether a plugin answered, so that no upstream is asked. */
  isAnswered = false;
  /** What onLog is told besides sizes of bodies; no time passes here by itself. */
  measured: Partial<Measured> = {};
  readonly #shared: SharedState;
  readonly #fill: FakeFill;
  readonly #clientAddress: string;
  readonly #clientCertificate: string | undefined;
  readonly #statedOrigin: string | undefined;

  /** `serial` is no other exchange's. */
  constructor(shared: SharedState, init: FakeRequestInit, serial: number) {
    this.#shared = shared;
    this.#clientAddress = init.clientAddress ?? "192.0.2.1";
    this.#clientCertificate = init.clientCertificate;
    this.#statedOrigin = init.statedOrigin;
    this.request = new FakeRequest(init, shared.nowMs);
    this.trace = new FakeTrace(() => shared.nowMs);
    this.consumers = new FakeConsumers(shared.consumers, this.request);
    this.#fill = new FakeFill(serial, shared.quotas);
    this.request.fillIn = this.#fill.fillIn;
    this.response.fillIn = this.#fill.fillIn;
  }

  onRequest(configured: ConfiguredPlugin): RequestOutcome | Promise<RequestOutcome> {
    const { plugin, entryId, settings } = configured;
    const context = this.requestContext(entryId);
    const answer = (error: unknown): EarlyResponse => {
      if (!(error instanceof HttpError)) throw error;
      return context.error(error.status, error.message, error.headers);
    };
    try {
      const outcome = this.#run(() => plugin.onRequest?.(context, settings));
      return outcome instanceof Promise ? outcome.catch(answer) : outcome;
    } catch (error) {
      return answer(error);
    }
  }

  /** The whole body as one chunk. */
  onRequestBody({ plugin, entryId, settings }: ConfiguredPlugin): void {
    const context = this.requestContext(entryId);
    try {
      passBody(this.request, (chunk) => plugin.onRequestBody?.(context, chunk, true, settings));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      context.error(error.status, error.message);
    }
  }

  /** As onRequestBody. */
  onResponseBody({ plugin, entryId, settings }: ConfiguredPlugin): void {
    const context = this.requestContext(entryId);
    passBody(this.response, (chunk) => plugin.onResponseBody?.(context, chunk, true, settings));
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
      measured: {
        requestBytes: this.request.content?.length ?? 0,
        responseBytes: this.response.content?.length ?? 0,
        requestMs: 0,
        upstreamMs: this.isAnswered ? undefined : 0,
        gatewayMs: 0,
        answeredBy: this.isAnswered ? "plugin" : "upstream",
        ...this.measured,
      },
      record: () => this.#record(),
      appendRecord: (path, options) => this.#shared.appendLine(path, this.#record(), options),
      appendLine: this.#shared.appendLine,
    };
  }

  #run<T>(handler: () => T | Promise<T>): T | Promise<T> {
    return withClock(() => this.#shared.nowMs, handler);
  }

  #baseContext(entryId: string) {
    const call = {};
    this.#fill.call = call;
    return {
      plugin: { id: entryId },
      request: this.request,
      consumers: this.consumers,
      client: {
        address: this.#clientAddress,
        port: 50_000,
        certificate: this.#clientCertificate,
        statedOrigin: this.#statedOrigin,
      },
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
      shared: this.shared,
      secrets: this.#shared.secrets,
      trace: this.trace,
      upstream: this.#upstream(),
      log: this.#shared.log,
      fetch: fakeFetch,
      take: ({ id }: Quota, identifier: string, cost: number = 1): boolean =>
        this.#shared.quotas.take(call, id, identifier, {
          entryId,
          cost,
          nowMs: this.#shared.nowMs,
        }),
      remember: (untilMs: number = Infinity): void => {
        this.rememberedUntilMs = untilMs;
      },
    };
  }

  #share(key: string, value: unknown): void {
    if (value === undefined) this.#sharedData.delete(key);
    else this.#sharedData.set(key, JSON.stringify(value));
  }

  #upstream(): MutableUpstreamChoice {
    return {
      ...this.chosen,
      choose: (name) => void (this.chosen = { name, target: undefined }),
      chooseTarget: (target) => void (this.chosen = { name: undefined, target }),
    };
  }

  #answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const isText = typeof body === "string";
    const isBytes = body instanceof Uint8Array;
    this.isAnswered = true;
    this.response.status = status;
    if (body === undefined) this.response.body = undefined;
    else this.response.setBody(isText || isBytes ? body : JSON.stringify(body));
    if (body !== undefined) {
      const type = isBytes ? "octet-stream" : "json";
      this.response.setHeader("Content-Type", isText ? "text/plain" : `application/${type}`);
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

function passBody(
  message: FakeMessage,
  handle: (chunk: Uint8Array<ArrayBuffer>) => ChunkOutcome,
): void {
  if (message.content === undefined || message.isSkipped) return;
  const outcome = handle(Uint8Array.from(message.content));
  if (outcome !== undefined) message.setBody(outcome);
}
