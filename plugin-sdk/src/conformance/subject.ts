// An instance of the plugin under test in the emulated gateway, with somebody listening in between.
import { FieldKind, MAX_CHUNK_BYTES } from "../abi.ts";
import type { Manifest, Phase } from "../abi.ts";
import { Exchange } from "../emulator/exchange.ts";
import { PluginFailure } from "../emulator/failure.ts";
import { FieldList } from "../emulator/fields.ts";
import { Guest } from "../emulator/guest.ts";
import type { Intercept } from "../emulator/guest.ts";
import { HostState } from "../emulator/host-state.ts";
import { StackTraces } from "../source-map/stack-trace.ts";
import type { SampleRequest } from "./requests.ts";
import { SAMPLE_CONSUMER } from "./sample-client.ts";

/** For one entry into the guest, ms; the gateway allows less, but not on a slow machine. */
const CALL_LIMIT_MS = 2000;

/** What is known of the plugin. */
export interface Subject {
  readonly module: WebAssembly.Module;
  readonly manifest: Manifest;
  /** Of its one entry. */
  readonly config: unknown;
}

/** How a phase ended: with a verdict, with what the guest said, or not as it may. */
export type Ending =
  | { readonly kind: "continued" | "responded" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "broken"; readonly reason: string };

export class Instance {
  readonly host: HostState;
  readonly #guest: Guest;

  private constructor(host: HostState, guest: Guest) {
    this.host = host;
    this.#guest = guest;
  }

  /** Rejects with a PluginFailure when the plugin refuses its config or breaks at it. */
  static async make(subject: Subject, intercept?: Intercept): Promise<Instance> {
    const host = new HostState({
      manifest: subject.manifest,
      entryId: "entry-id",
      config: subject.config,
      nowMs: Date.UTC(2026, 0, 1),
      consumers: [SAMPLE_CONSUMER],
      random: () => 0.5,
      callLimitMs: CALL_LIMIT_MS,
      traces: new StackTraces(undefined),
      // All of it, whatever the manifest asks for; and whoever is asked says something.
      grants: { fetch: ["*"], targets: ["*"], secrets: ["*"], consumers: true },
      fetch: () => ({ body: {} }),
    });
    return new Instance(host, await Guest.load(subject.module, host, intercept));
  }

  get isBroken(): boolean {
    return this.#guest.isBroken;
  }

  get memoryBytes(): number {
    return this.#guest.memoryBytes;
  }

  /** Configures its entry once more; the verdict. */
  configure(): number {
    return this.#guest.configure();
  }

  exchangeOf({ request, isKnown = false }: SampleRequest): Exchange {
    const exchange = new Exchange(request, this.host.clock.nowMs);
    if (!isKnown) return exchange;
    exchange.consumer = SAMPLE_CONSUMER;
    exchange.credentialId = SAMPLE_CONSUMER.credentials?.[0]?.id;
    return exchange;
  }

  /** Before a phase of the response its head comes, as the sample says, unless the plugin has answered itself. */
  prepare(phase: Phase, exchange: Exchange, { status, responseHeaders }: SampleRequest): void {
    const isOfRequest = phase === "access" || phase === "request_body";
    if (isOfRequest || exchange.isAnswered || exchange.status !== 0) return;
    exchange.respond(status, new FieldList([...responseHeaders]), Buffer.from("{}"));
  }

  /** Runs one phase to its end, also when that takes timers; that of a body with each of its chunks. */
  async run(phase: Phase, exchange: Exchange): Promise<Ending> {
    if (phase !== "request_body" && phase !== "body_filter") return this.#runOnce(phase, exchange);
    const kind = phase === "request_body" ? FieldKind.request : FieldKind.response;
    for (const [at, chunk] of CHUNKS.entries()) {
      if (exchange.skippedBodies.has(kind)) break;
      exchange.chunk = chunk;
      const isLast = at === CHUNKS.length - 1 ? 1 : 0;
      const ending = await this.#runOnce(phase, exchange, chunk.length, isLast);
      if (ending.kind !== "continued") return ending;
    }
    return { kind: "continued" };
  }

  async #runOnce(phase: Phase, exchange: Exchange, ...more: readonly number[]): Promise<Ending> {
    try {
      const running = this.#guest.run(phase, exchange, ...more);
      const hasAnswered = await Promise.race([running, this.#passTime(running)]);
      if (hasAnswered === undefined) {
        return { kind: "broken", reason: "still waits after a minute" };
      }
      if (hasAnswered) exchange.answer("plugin");
      return { kind: hasAnswered ? "responded" : "continued" };
    } catch (thrown) {
      if (!(thrown instanceof PluginFailure)) throw thrown;
      return { kind: this.#guest.isBroken ? "broken" : "failed", reason: thrown.message };
    }
  }

  /** A phase that waits goes on by the emulated gateway's time. Undefined when a minute of it was not enough. */
  async #passTime(running: Promise<boolean>): Promise<boolean | undefined> {
    let isOver = false;
    const end = (): void => void (isOver = true);
    running.then(end, end);
    for (let seconds = 0; seconds < 60; seconds++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) return running;
      await this.host.clock.advance(1000);
    }
    return undefined;
  }
}

const NO_BODY: Uint8Array = new Uint8Array(0);

/** As large as they come, with every byte; in the middle of a character; and the end alone. */
const CHUNKS: readonly Uint8Array[] = [
  Uint8Array.from({ length: MAX_CHUNK_BYTES }, (_, at) => at),
  Uint8Array.of(0xf0, 0x9f),
  NO_BODY,
];
