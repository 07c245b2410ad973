// What the emulated gateway has for the plugin: its config entry, and all that outlives a request.
import type { Manifest } from "../abi.ts";
import type { AnswerRedis } from "../testing/fake-redis.ts";
import type { ConsumerInit, CredentialInit } from "../testing/fake-consumers.ts";
import { FakeStore } from "../testing/fake-store.ts";
import type { StackTraces } from "../source-map/stack-trace.ts";
import type { SpanRecord } from "../context.ts";
import type { SinkOptions } from "../sinks.ts";
import { Clock } from "./clock.ts";
import { grantsAsked } from "./grants.ts";
import type { EmulatedGrants } from "./grants.ts";
import type { AnswerInit, ReceivedRequest } from "./messages.ts";
import { Metrics } from "./metrics.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  /** Only when the plugin gave some. */
  readonly fields?: unknown;
}

/** What an upstream, or another server, says to a request. */
export type AnswerRequest = (request: ReceivedRequest) => AnswerInit | Promise<AnswerInit>;

/** Lines that the plugin appended to a file. */
export interface AppendedFile {
  readonly lines: string[];
  /** How often it was opened anew. */
  reopened: number;
}

/** What the plugin appended to a sink. */
export interface EmulatedSink {
  readonly options: SinkOptions;
  /** As text. */
  readonly entries: string[];
}

export interface HostOptions {
  readonly manifest: Manifest;
  readonly entryId: string;
  /** Checked, with defaults. */
  readonly config: unknown;
  readonly nowMs: number;
  readonly consumers: readonly ConsumerInit[];
  readonly random: () => number;
  /** For one entry into the guest, ms of real time. */
  readonly callLimitMs: number;
  readonly traces: StackTraces;
  /** Default: all that the manifest asks for. */
  readonly grants?: EmulatedGrants | undefined;
  /** By reference: `vault://env/jwt-key`. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** What other servers say. */
  readonly fetch?: AnswerRequest | undefined;
  /** What the Redis of its config says. */
  readonly redis?: AnswerRedis | undefined;
  /** Names of upstreams that the plugin may choose; any by default. */
  readonly upstreams?: readonly string[] | undefined;
}

export class HostState {
  readonly options: HostOptions;
  readonly clock: Clock;
  readonly store: FakeStore;
  /** Of quotas; no plugin sees them. */
  readonly counters: FakeStore;
  readonly grants: EmulatedGrants;
  readonly logs: LogLine[] = [];
  readonly metrics: Metrics;
  readonly spans: SpanRecord[] = [];
  /** What the plugin asked other servers. */
  readonly fetches: ReceivedRequest[] = [];
  readonly files: Map<string, AppendedFile> = new Map();
  /** By id. */
  readonly sinks: EmulatedSink[] = [];
  /** By handle. */
  readonly credentials: readonly { consumer: ConsumerInit; credential: CredentialInit }[];
  /** What `config_get` gives. */
  readonly configJson: string;
  /** Every string of the config: the files that the plugin may write. */
  readonly configStrings: ReadonlySet<string>;
  /** How many requests asked for a serial. */
  serials = 0;
  /** Monotonic, ms: when the call that runs must end. */
  deadlineAtMs: number = Infinity;

  /** What the service of the request says, when it is asked by a fetch of a path. */
  askUpstream: AnswerRequest = () => ({});

  constructor(options: HostOptions) {
    const strings = new Set<string>();
    this.options = options;
    this.grants = options.grants ?? grantsAsked(options.manifest);
    this.metrics = new Metrics(options.manifest);
    this.clock = new Clock(options.nowMs);
    this.store = new FakeStore(() => this.clock.nowMs);
    this.counters = new FakeStore(() => this.clock.nowMs);
    this.credentials = options.consumers.flatMap((consumer) =>
      (consumer.credentials ?? []).map((credential) => ({ consumer, credential })),
    );
    const entry = { id: options.entryId, config: options.config };
    this.configJson = JSON.stringify(entry, (_, value: unknown) => {
      if (typeof value === "string") strings.add(value);
      return value;
    });
    this.configStrings = strings;
  }
}
