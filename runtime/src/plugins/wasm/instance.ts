// One instance of a plugin's module: memory, host functions bound to it, and the calls into it.
import { detailOf } from "../../errors.ts";
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  IMPORT_NAMESPACE,
  PHASE_EXPORTS,
  VERSION_EXPORT,
  Verdict,
} from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../exchange.ts";
import { loadExtism } from "./extism.ts";
import { fieldFunctions } from "./field-functions.ts";
import {
  consumerFunctions,
  processFunctions,
  recordFunctions,
  storeFunctions,
} from "./gateway-functions.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";
import { GuestCall } from "./guest-call.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";
import { EntryRefused } from "./module.ts";
import type { PluginModule } from "./module.ts";
import type { MemoryImage } from "./separate-data.ts";
import { propertyFunctions } from "./property-functions.ts";

type PhaseExport = (request: number, config: number) => number;

/** A call that did not end well. `isBroken`: the instance cannot be trusted any more. */
export class GuestFault extends Error {
  readonly isBroken: boolean;

  constructor(message: string, isBroken: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "GuestFault";
    this.isBroken = isBroken;
  }
}

function fill(memory: WebAssembly.Memory, image: MemoryImage): void {
  memory.grow(image.pages - memory.buffer.byteLength / PAGE_BYTES);
  const bytes = new Uint8Array(memory.buffer);
  for (const segment of image.segments) bytes.set(segment.bytes, segment.offset);
}

const PAGE_BYTES = 65_536;

/** For one entry's configure, ms: it may build tables, but a reload waits for it. */
const CONFIGURE_LIMIT_MS = 1000;

export class WasmInstance {
  readonly #call: GuestCall;
  readonly #exports: ReadonlyMap<string, PhaseExport>;
  readonly #limitMs: number;

  private constructor(exports: WebAssembly.Instance["exports"], call: GuestCall, limitMs: number) {
    this.#call = call;
    this.#limitMs = limitMs;
    // The loader has checked that these exports are functions.
    this.#exports = new Map(Object.entries(exports) as [string, PhaseExport][]);
  }

  /** Loads the module through Extism and configures every entry. Throws EntryRefused, GuestFault or the engine's. */
  static async create(
    plugin: PluginModule,
    entries: readonly GuestEntry[],
    services: HostServices,
    limitMs: number,
  ): Promise<WasmInstance> {
    const call = new GuestCall();
    const memory = new GuestMemory();
    const options: GatewayFunctionOptions = {
      plugin: plugin.name,
      memory,
      call,
      entries,
      services,
    };
    const functions = {
      ...fieldFunctions(memory, call),
      ...propertyFunctions(memory, call),
      ...consumerFunctions(options),
      ...recordFunctions(options),
      ...storeFunctions(options),
      ...processFunctions(options),
    };
    const createPlugin = await loadExtism();
    const extism = await createPlugin(
      { wasm: [{ module: plugin.module, name: "main" }] },
      // Extism types host functions with its own call context and bigints; ours take and give plain numbers.
      { useWasi: false, functions: { [IMPORT_NAMESPACE]: functions as never } },
    );
    const { exports } = await extism.getInstance();
    const linear = exports["memory"] as WebAssembly.Memory; // Checked by the loader.
    if (plugin.image !== undefined) fill(linear, plugin.image);
    memory.attach(linear);
    const instance = new WasmInstance(exports, call, limitMs);
    instance.#checkVersion();
    for (const index of entries.keys()) instance.#configure(index, plugin.name);
    return instance;
  }

  #checkVersion(): void {
    const version = this.#invoke(VERSION_EXPORT, 0, 0);
    if (version !== ABI_VERSION) {
      throw new GuestFault(`speaks ABI ${version}, expected ${ABI_VERSION}`, true);
    }
  }

  #configure(entry: number, plugin: string): void {
    this.#call.begin("configure", entry, undefined, performance.now() + CONFIGURE_LIMIT_MS);
    const result = this.#invoke(CONFIGURE_EXPORT, entry, 0);
    if (result === Verdict.continue) return;
    throw new EntryRefused(plugin, entry, this.#call.failure ?? `configure returned ${result}`);
  }

  /** Runs a phase. True when the plugin answered the request. Throws GuestFault. */
  run(phase: Phase, exchange: Exchange, entry: number, nowMs: number): boolean {
    const handle = this.#call.begin(phase, entry, exchange, nowMs + this.#limitMs);
    const result = this.#invoke(PHASE_EXPORTS[phase], handle, entry);
    if (result === Verdict.continue) return false;
    if (result === Verdict.respond && this.#call.hasResponded) return true;
    throw this.#failure(`returned ${result}, which is no verdict of this phase`);
  }

  #invoke(name: string, first: number, second: number): number {
    const call = this.#call;
    try {
      const result = this.#exports.get(name)?.(first, second) ?? Verdict.failed;
      if (call.isOverdue) throw new GuestFault("used up its time", true);
      return result;
    } catch (thrown) {
      if (thrown instanceof GuestFault) throw thrown;
      if (call.isOverdue) throw new GuestFault("used up its time", true, thrown);
      const detail = detailOf(thrown);
      throw new GuestFault(`trapped: ${detail}`, true, thrown);
    } finally {
      call.end();
    }
  }

  #failure(fallback: string): GuestFault {
    return new GuestFault(this.#call.failure ?? fallback, false);
  }
}
