// A plugin that runs as WebAssembly. One instance serves all entries and requests (isolation `shared`); another one
// stands by, so that a fault costs the request that caused it and nobody else.
import type { Phase } from "@sluice/plugin-sdk/abi";
import { GatewayError, detailOf } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { PluginStats } from "../../status/plugin-stats.ts";
import { CONTINUE, RESPOND } from "../plugin.ts";
import type { Plugin, PluginEntry, Verdict } from "../plugin.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";
import { GuestFault, WasmInstance } from "./instance.ts";
import type { PluginModule } from "./module.ts";
import { EntryRefused, PluginRefused } from "./module.ts";

export interface WasmPluginOptions {
  readonly services: HostServices;
  readonly stats: PluginStats;
  /** For one call of one phase, ms. */
  readonly callLimitMs: number;
  /** Waits between two attempts to make an instance when one failed, ms. */
  readonly retryDelayMs: number;
}

export class WasmPlugin implements Plugin {
  readonly name: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly #module: PluginModule;
  readonly #entries: readonly GuestEntry[];
  readonly #options: WasmPluginOptions;
  #active: WasmInstance | undefined;
  #spare: WasmInstance | undefined;
  #making: Promise<void> | undefined;
  #isClosed = false;

  private constructor(
    module: PluginModule,
    entries: readonly GuestEntry[],
    options: WasmPluginOptions,
    first: WasmInstance,
  ) {
    this.name = module.name;
    this.priority = module.priority;
    this.phases = module.phases;
    this.#module = module;
    this.#entries = entries;
    this.#options = options;
    this.#active = first;
    options.stats.instances++;
    this.#makeSpare();
  }

  /** Starts the module with its entries. Throws {@link PluginRefused} or {@link EntryRefused}. */
  static async start(
    module: PluginModule,
    entries: readonly PluginEntry[],
    options: WasmPluginOptions,
  ): Promise<WasmPlugin> {
    const guestEntries = entries.map(toGuestEntry);
    try {
      const first = await newInstance(module, guestEntries, options);
      return new WasmPlugin(module, guestEntries, options, first);
    } catch (cause) {
      if (cause instanceof EntryRefused) throw cause;
      const detail = detailOf(cause);
      throw new PluginRefused(module.name, detail, cause);
    }
  }

  run(phase: Phase, exchange: Exchange, entry: number): Verdict {
    const instance = this.#active;
    if (instance === undefined) return this.#withoutInstance(phase);
    const startedAtMs = performance.now();
    try {
      return instance.run(phase, exchange, entry, startedAtMs) ? RESPOND : CONTINUE;
    } catch (thrown) {
      this.#options.stats.errors[phase]++;
      if (!(thrown instanceof GuestFault) || thrown.isBroken) this.#discard();
      const detail = detailOf(thrown);
      throw new GatewayError("plugin_failed", `${this.name}, ${phase}: ${detail}`, thrown);
    } finally {
      this.#options.stats.calls[phase]++;
      this.#options.stats.milliseconds[phase] += performance.now() - startedAtMs;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#options.stats.instances -= Number(this.#active !== undefined);
    this.#options.stats.instances -= Number(this.#spare !== undefined);
    this.#active = undefined;
    this.#spare = undefined;
  }

  /** Two faults in a row, and no instance is left for the moment. Only the access phase can wait for the next one. */
  #withoutInstance(phase: Phase): Verdict {
    if (phase !== "access" || this.#isClosed) {
      throw new GatewayError("plugin_failed", `${this.name}, ${phase}: no instance is left`);
    }
    this.#makeSpare();
    return { kind: "wait", until: this.#making ?? Promise.resolve() };
  }

  #discard(): void {
    this.#options.stats.instances--;
    this.#active = this.#spare;
    this.#spare = undefined;
    this.#makeSpare();
  }

  #makeSpare(): void {
    if (this.#isClosed || this.#making !== undefined) return;
    this.#making = this.#make().finally(() => {
      this.#making = undefined;
    });
  }

  async #make(): Promise<void> {
    try {
      const instance = await newInstance(this.#module, this.#entries, this.#options);
      if (this.#isClosed) return;
      this.#options.stats.instances++;
      if (this.#active === undefined) this.#active = instance;
      else this.#spare = instance;
    } catch (error) {
      const detail = detailOf(error);
      this.#options.services.log.write(this.name, 3, `no further instance: ${detail}`);
      await new Promise((resolve) => setTimeout(resolve, this.#options.retryDelayMs).unref());
    }
  }
}

function newInstance(
  module: PluginModule,
  entries: readonly GuestEntry[],
  options: WasmPluginOptions,
): Promise<WasmInstance> {
  return WasmInstance.create(module, entries, options.services, options.callLimitMs);
}

function toGuestEntry(entry: PluginEntry): GuestEntry {
  const strings = new Set<string>();
  const json = JSON.stringify({ id: entry.id, config: entry.config }, (_, value: unknown) => {
    if (typeof value === "string") strings.add(value);
    return value;
  });
  return { id: entry.id, json, strings };
}
