// One instance of a plain Extism plugin: each phase is one call, with JSON in and JSON out.
import type { Phase } from "@sluice/plugin-sdk/abi";
import { detailOf } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { SettledVerdict } from "../plugin.ts";
import { loadExtism } from "../wasm/extism.ts";
import { GuestCall } from "../wasm/guest-call.ts";
import type { GuestEntry } from "../wasm/host-services.ts";
import { GuestFault } from "../wasm/guest-fault.ts";
import type { GuestInstance, InstanceOptions } from "../wasm/instance.ts";
import { Fuel } from "../wasm/metering/fuel.ts";
import type { PluginModule } from "../wasm/module.ts";
import { EXTISM_NAMESPACE, EntryState, ExtismEnvironment } from "./environment.ts";
import { inputOf } from "./input.ts";
import { applyOutput } from "./output.ts";

/** 0 for success; nothing counts as success, too. */
type PhaseExport = () => number | undefined;

export class ExtismInstance implements GuestInstance {
  readonly #options: InstanceOptions;
  readonly #entries: readonly GuestEntry[];
  readonly #states: readonly EntryState[];
  readonly #call = new GuestCall();
  readonly #environment: ExtismEnvironment;
  #exports: ReadonlyMap<string, PhaseExport> = new Map();
  /** Its own, if it exports it; nobody has to. */
  #memory: WebAssembly.Memory | undefined;

  private constructor(
    plugin: PluginModule,
    entries: readonly GuestEntry[],
    options: InstanceOptions,
  ) {
    this.#options = options;
    this.#entries = entries;
    this.#states = entries.map(({ json }) => new EntryState(configTexts(json)));
    this.#environment = new ExtismEnvironment(plugin.name, options.services.log);
  }

  /** Throws GuestFault or the engine's errors. */
  static async create(
    plugin: PluginModule,
    entries: readonly GuestEntry[],
    options: InstanceOptions,
  ): Promise<ExtismInstance> {
    const instance = new ExtismInstance(plugin, entries, options);
    await instance.#load(plugin);
    return instance;
  }

  async #load(plugin: PluginModule): Promise<void> {
    const createPlugin = await loadExtism();
    const extism = await createPlugin(
      { wasm: [{ module: plugin.module, name: "main" }] },
      // In place of Extism's own: bounded, and each call may be for another entry. No worker (F4), no WASI.
      { useWasi: false, functions: { [EXTISM_NAMESPACE]: this.#environment.functions() as never } },
    );
    const { exports } = await extism.getInstance();
    new Fuel(this.#call, this.#options.onFuel).attach(exports);
    if (exports["memory"] instanceof WebAssembly.Memory) this.#memory = exports["memory"];
    // The loader has checked that these exports are functions.
    this.#exports = new Map(Object.entries(exports) as [string, PhaseExport][]);
    for (const phase of plugin.phases) {
      const parameters = this.#exports.get(phase)?.length;
      if (parameters === 0) continue;
      throw new GuestFault(`${phase} takes ${parameters} parameters, expected none`, true);
    }
  }

  get memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** Each call ends before it returns. */
  readonly isWaiting = false;

  whenIdle(run: () => void): void {
    run();
  }

  activate(): void {
    // It starts nothing by itself.
  }

  close(): void {
    // It waits for nothing.
  }

  /** Runs a phase. Throws GuestFault. */
  run(phase: Phase, exchange: Exchange, entry: number, nowMs: number): SettledVerdict {
    const environment = this.#environment;
    const state = this.#states[entry];
    const entryJson = this.#entries[entry]?.json;
    if (state === undefined || entryJson === undefined) {
      throw new GuestFault("has no such entry", false);
    }
    if (!environment.begin(state, inputOf(phase, exchange, entryJson))) {
      throw new GuestFault("its input is too large", false);
    }
    this.#call.begin(phase, entry, exchange, nowMs + (this.#options.limits[entry]?.callMs ?? 0));
    const result = this.#enter(phase);
    const { error } = environment;
    if (error !== undefined) throw new GuestFault(error, false);
    if (result !== 0 && result !== undefined) {
      throw new GuestFault(`${phase} returned ${result}, expected 0`, false);
    }
    try {
      return applyOutput(phase, exchange, environment.output);
    } catch (cause) {
      throw new GuestFault(detailOf(cause), false, cause);
    }
  }

  #enter(phase: Phase): number | undefined {
    const call = this.#call;
    try {
      return this.#exports.get(phase)?.();
    } catch (thrown) {
      if (call.isOverdue) throw new GuestFault("used up its time", true, thrown);
      const detail = this.#environment.error ?? detailOf(thrown);
      throw new GuestFault(`trapped: ${detail}`, true, thrown);
    } finally {
      call.end();
    }
  }
}

/** What `config_get` gives: texts as they are, everything else as JSON. */
function configTexts(entryJson: string): Map<string, string> {
  // What the gateway wrote itself (see GuestEntry).
  const { config } = JSON.parse(entryJson) as { config: Readonly<Record<string, unknown>> };
  return new Map(
    Object.entries(config).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
