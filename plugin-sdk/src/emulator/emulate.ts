// A gateway in the test's own process that runs the plugin's real .wasm: no sockets, no files, its own time.
import { FieldKind, MAX_CHUNK_BYTES } from "../abi.ts";
import type { SpanRecord } from "../context.ts";
import type { ConsumerInit } from "../testing/fake-consumers.ts";
import type { AnswerRedis } from "../testing/fake-redis.ts";
import type { FakeStore } from "../testing/fake-store.ts";
import { checkConfig } from "../schema/check-config.ts";
import { encodeResponse } from "./encode-response.ts";
import { Exchange } from "./exchange.ts";
import type { ClientRequest } from "./exchange.ts";
import { PluginFailure } from "./failure.ts";
import type { EmulatedGrants } from "./grants.ts";
import { Guest } from "./guest.ts";
import { HostState } from "./host-state.ts";
import type { AnswerRequest, AppendedFile, EmulatedSink, LogLine } from "./host-state.ts";
import { loadPlugin } from "./load-plugin.ts";
import type { LoadedPlugin, PluginSource } from "./load-plugin.ts";
import { EmulatedResponse, messageOf, ReceivedRequest } from "./messages.ts";
import type { AnswerInit } from "./messages.ts";
import type { MetricValue } from "./metrics.ts";

export interface EmulateOptions {
  /**
   * The plugin: `new URL("./plugin.ts", import.meta.url)`, which is built, or a .wasm file, or its bytes. Paths start
   * at the working directory.
   */
  readonly plugin: PluginSource;
  /** As in a gateway's config; it is checked, and defaults are filled in. Default: none. */
  readonly config?: unknown;
  /** The id of the plugin's entry in the config. */
  readonly entryId?: string;
  /** ms since 1970. Default: the start of 2026. */
  readonly nowMs?: number;
  readonly consumers?: readonly ConsumerInit[];
  /** Default: answers 200 without a body. */
  readonly upstream?: AnswerRequest;
  /** Names of the upstreams that the plugin may choose; any by default. */
  readonly upstreams?: readonly string[];
  /** What other servers say when the plugin asks them; throws for one that cannot be reached. */
  readonly fetch?: AnswerRequest;
  /** What the Redis of its config says to a command; not there by default. */
  readonly redis?: AnswerRedis;
  /** By reference: `{ "vault://env/jwt-key": "…" }`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What the operator grants. Default: all that the plugin's `capabilities` ask for. */
  readonly grants?: EmulatedGrants;
  /** The longest chunk that body handlers get, bytes. Default: 65536, as in the gateway. */
  readonly chunkBytes?: number;
  /** What `Math.random()` gives the plugin. */
  readonly random?: () => number;
  /** Limit for one entry into the plugin, ms of real time. Default: 5000, so that slow machines do not matter. */
  readonly callLimitMs?: number;
}

/** Rejects when the plugin cannot be built, refuses its config, or the config does not fit its schema. */
export async function emulate(options: EmulateOptions): Promise<EmulatedGateway> {
  const plugin = await loadPlugin(options.plugin);
  const { value, faults } = checkConfig(plugin.manifest.config, options.config ?? {});
  if (faults.length > 0) throw new TypeError(faults.join("\n"));
  const gateway = new EmulatedGateway(plugin, options, value);
  await gateway.restart();
  return gateway;
}

export class EmulatedGateway {
  /** Every request that reached the upstream, in order. */
  readonly upstream: { readonly requests: ReceivedRequest[] } = { requests: [] };
  readonly #plugin: LoadedPlugin;
  readonly #options: EmulateOptions;
  readonly #host: HostState;
  #guest: Guest | undefined;

  /** Made by {@link emulate}. */
  constructor(plugin: LoadedPlugin, options: EmulateOptions, config: unknown) {
    this.#plugin = plugin;
    this.#options = options;
    this.#host = new HostState({
      manifest: plugin.manifest,
      entryId: options.entryId ?? "entry-id",
      config,
      nowMs: options.nowMs ?? Date.UTC(2026, 0, 1),
      consumers: options.consumers ?? [],
      random: options.random ?? Math.random,
      callLimitMs: options.callLimitMs ?? 5000,
      traces: plugin.traces,
      grants: options.grants,
      secrets: options.secrets,
      fetch: options.fetch,
      redis: options.redis,
      upstreams: options.upstreams,
    });
    this.#host.askUpstream = (received) => this.#answer(received);
  }

  /** What the plugin logged, `console` included. */
  get logs(): readonly LogLine[] {
    return this.#host.logs;
  }

  get store(): FakeStore {
    return this.#host.store;
  }

  /** What the plugin asked other servers, redirects included. */
  get fetches(): readonly ReceivedRequest[] {
    return this.#host.fetches;
  }

  /** Spans of all requests that have ended. */
  get spans(): readonly SpanRecord[] {
    return this.#host.spans;
  }

  /** What a metric holds; undefined while nothing was recorded. Throws a TypeError when there is no such metric. */
  metric(
    name: string,
    labels?: Readonly<Record<string, string | number>>,
  ): MetricValue | undefined {
    return this.#host.metrics.get(name, labels);
  }

  /** What the plugin appended, by path. */
  get files(): ReadonlyMap<string, AppendedFile> {
    return this.#host.files;
  }

  /** The sinks that the plugin opened, in order. */
  get sinks(): readonly EmulatedSink[] {
    return this.#host.sinks;
  }

  /** ms since 1970, as the plugin sees it. */
  get nowMs(): number {
    return this.#host.clock.nowMs;
  }

  /** Lets time pass: timers that become due fire, and whatever waits for them goes on. */
  async advance(ms: number): Promise<void> {
    await this.#host.clock.advance(ms);
  }

  /** A new instance takes over, as after a failure or a new version: only the store and files stay. */
  async restart(): Promise<void> {
    this.#guest = await Guest.load(this.#plugin.module, this.#host);
  }

  /**
   * Sends a request through the plugin to the upstream and back. Rejects with a PluginFailure, whose stack has the
   * plugin's lines, when the plugin fails in any phase.
   */
  async request(request: ClientRequest = {}): Promise<EmulatedResponse> {
    if (this.#guest === undefined || this.#guest.isBroken) await this.restart();
    const exchange = new Exchange(request, this.nowMs, this.#plugin.manifest.name);
    await this.#serve(exchange, this.#guest as Guest); // restart() has made one.
    const { status, source, responseFields: fields } = exchange;
    return new EmulatedResponse({ status, source, fields }, exchange.responseBody);
  }

  async #serve(exchange: Exchange, guest: Guest): Promise<void> {
    const { phases } = this.#plugin.manifest;
    try {
      const isAnswered = phases.includes("access") && (await guest.run("access", exchange));
      if (isAnswered) exchange.answer("plugin");
      else {
        exchange.requestBody = await this.#filter("request_body", exchange, guest);
        if (!exchange.isAnswered) await this.#askUpstream(exchange);
      }
      if (phases.includes("header_filter")) await guest.run("header_filter", exchange);
    } catch (failure) {
      // The handler let it pass that a body was longer than it takes.
      if (!(failure instanceof PluginFailure) || exchange.tooLongBody === undefined) throw failure;
      exchange.refuseBody(exchange.tooLongBody === FieldKind.request ? 413 : 502);
    }
    exchange.responseBody = await this.#filter("body_filter", exchange, guest);
    if (exchange.coding !== undefined) encodeResponse(exchange, exchange.coding);
    if (phases.includes("log")) await guest.run("log", exchange);
    this.#host.spans.push(...exchange.trace.spans);
  }

  /** The body after the plugin has seen it chunk by chunk. */
  async #filter(
    phase: "request_body" | "body_filter",
    exchange: Exchange,
    guest: Guest,
  ): Promise<Uint8Array> {
    const isRequest = phase === "request_body";
    const body = isRequest ? exchange.requestBody : exchange.responseBody;
    const kind = isRequest ? FieldKind.request : FieldKind.response;
    const { chunkBytes = MAX_CHUNK_BYTES } = this.#options;
    if (!this.#plugin.manifest.phases.includes(phase) || body.length === 0) return body;
    const chunks: Uint8Array[] = [];
    for (let start = 0; start < body.length; start += chunkBytes) {
      const end = Math.min(start + chunkBytes, body.length);
      exchange.chunk = body.subarray(start, end);
      if (!exchange.skippedBodies.has(kind)) {
        const isLast = end === body.length ? 1 : 0;
        if (await guest.run(phase, exchange, exchange.chunk.length, isLast)) {
          exchange.answer("plugin");
          break;
        }
      }
      chunks.push(exchange.chunk);
    }
    return Uint8Array.from(Buffer.concat(chunks));
  }

  async #answer(received: ReceivedRequest): Promise<AnswerInit> {
    this.upstream.requests.push(received);
    return (await this.#options.upstream?.(received)) ?? {};
  }

  async #askUpstream(exchange: Exchange): Promise<void> {
    const { method, url, requestFields: fields, upstreamName: upstream, target } = exchange;
    const head = { method, url, fields, upstream, target };
    const received = new ReceivedRequest(head, exchange.requestBody);
    const { status = 200, headers, body } = await this.#answer(received);
    const answer = messageOf(headers, body);
    exchange.respond(status, answer.fields, answer.body);
  }
}
