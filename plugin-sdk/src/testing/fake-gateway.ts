// A gateway without sockets and without WASM, to run a plugin's handlers in a unit test.
import type { Log, LogContext, LogFields, Secrets } from "../context.ts";
import type { Plugin } from "../define-plugin.ts";
import type { ConsumerInit } from "./fake-consumers.ts";
import { FakeExchange } from "./fake-exchange.ts";
import type { ConfiguredPlugin, SharedState } from "./fake-exchange.ts";
import type { FakeRequestInit } from "./fake-request.ts";
import { FakeQuotas } from "./fake-quotas.ts";
import { FakeStore } from "./fake-store.ts";
import { fillDefaults } from "./fill-defaults.ts";

export interface FakeGatewayOptions {
  /** ms since 1970; handlers see it as `Date.now()`. */
  readonly nowMs?: number;
  readonly consumers?: readonly ConsumerInit[];
  /** By reference, such as `vault://env/jwt-key`. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export class FakeGateway implements SharedState {
  /** Move it to let time pass. */
  nowMs: number;
  readonly consumers: readonly ConsumerInit[];
  readonly store: FakeStore = new FakeStore(() => this.nowMs);
  readonly quotas: FakeQuotas = new FakeQuotas(this.store);
  /** Lines that plugins appended, by path. */
  readonly files: Map<string, string[]> = new Map();
  /** Paths that were appended to with `reopen`. */
  readonly reopenedPaths: string[] = [];
  /** What plugins logged: `warn: message`, and the fields as JSON. */
  readonly logLines: string[] = [];
  readonly log: Log = {
    debug: (message, fields) => this.#log("debug", message, fields),
    info: (message, fields) => this.#log("info", message, fields),
    warn: (message, fields) => this.#log("warn", message, fields),
    error: (message, fields) => this.#log("error", message, fields),
  };
  readonly secrets: Secrets;
  #begun = 0;
  readonly appendLine: LogContext["appendLine"] = (path, line, options = {}) => {
    this.files.set(path, [...(this.files.get(path) ?? []), line]);
    if (options.reopen === true) this.reopenedPaths.push(path);
  };

  constructor(options: FakeGatewayOptions = {}) {
    this.nowMs = options.nowMs ?? Date.UTC(2026, 0, 1);
    this.consumers = options.consumers ?? [];
    this.secrets = { get: (reference) => options.secrets?.[reference] };
  }

  #log(level: string, message: string, fields: LogFields | undefined): void {
    const suffix = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    this.logLines.push(`${level}: ${message}${suffix}`);
  }

  /**
   * Fills in defaults and calls the plugin's `configure`; throws what that throws. The schema is not checked: in a
   * test the compiler does that.
   */
  configure<Input>(plugin: Plugin<Input>, config: Input, entryId = "entry-id"): ConfiguredPlugin {
    const filled = fillDefaults(plugin.manifest.config, config);
    return { plugin, entryId, settings: plugin.configure(filled, { id: entryId }) };
  }

  begin(request: FakeRequestInit = {}): FakeExchange {
    return new FakeExchange(this, request, ++this.#begun);
  }

  /** Runs all phases: onRequest of each plugin until one answers, then the others of all; bodies as one chunk. */
  async handle(
    plugins: ConfiguredPlugin | readonly ConfiguredPlugin[],
    request: FakeRequestInit = {},
  ): Promise<FakeExchange> {
    const chain = "plugin" in plugins ? [plugins] : plugins;
    const exchange = this.begin(request);
    for (const plugin of chain) {
      await exchange.onRequest(plugin);
      if (exchange.isAnswered) break;
    }
    if (!exchange.isAnswered) for (const plugin of chain) exchange.onRequestBody(plugin);
    for (const plugin of chain) await exchange.onResponse(plugin);
    for (const plugin of chain) exchange.onResponseBody(plugin);
    for (const plugin of chain) await exchange.onLog(plugin);
    return exchange;
  }
}
