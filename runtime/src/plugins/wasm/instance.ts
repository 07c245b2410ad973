// One instance of a plugin's module: memory, host functions bound to it, and the calls into it.
//   run -> enter -> (guest) -> verdict, or: pending -> ... -> resume -> enter -> (guest) -> settle -> verdict
import { detailOf } from "../../errors.ts";
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  IMPORT_NAMESPACE,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  VERSION_EXPORT,
  Verdict,
} from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../exchange.ts";
import { CONTINUE, RESPOND } from "../plugin.ts";
import type { BodyPiece, SettledVerdict, Verdict as PluginVerdict } from "../plugin.ts";
import type { PhaseDecisions } from "./decisions/decisions.ts";
import { loadExtism } from "./extism.ts";
import { GuestCall } from "./guest-call.ts";
import type { PhaseCall } from "./guest-call.ts";
import { GuestFault } from "./guest-fault.ts";
import { GuestMemory } from "./guest-memory.ts";
import { hostFunctions } from "./host-functions.ts";
import type { GuestEntry, HostServices } from "./host-services.ts";
import { Fuel } from "./metering/fuel.ts";
import { EntryRefused } from "./module.ts";
import type { PluginModule } from "./module.ts";
import { PendingCalls } from "./pending-calls.ts";
import type { PendingCall } from "./pending-calls.ts";
import { OpenSinks } from "./sink-functions.ts";
import { SuspendedPhases } from "./suspended-phases.ts";
import { Timers } from "./timers.ts";

type PhaseExport = (request: number, config: number, length?: number, isLast?: number) => number;

/** ms. */
export interface InstanceLimits {
  /** For one entry into the guest. */
  readonly callMs: number;
  /** For all entries for one phase of a request. */
  readonly requestMs: number;
}

export interface InstanceOptions {
  readonly services: HostServices;
  /** By entry. */
  readonly limits: readonly InstanceLimits[];
  /** By entry; none for those whose decisions are never repeated. */
  readonly decisions: readonly (PhaseDecisions | undefined)[];
  /** Bytes of bodies were copied into its memory. */
  readonly onBodyBytes: (count: number) => void;
  /** The guest used that many units of fuel. */
  readonly onFuel: (units: number) => void;
  /** It broke while nobody was there to be told: in a timer, or when it was resumed. */
  readonly onBroken: (instance: GuestInstance, fault: GuestFault) => void;
}

/** What a plugin needs of an instance, whatever runs in it. */
export interface GuestInstance {
  /** Of its linear memory. */
  readonly memoryBytes: number;
  /** It may go on by itself: a phase, a timer or another call has not ended. */
  readonly isWaiting: boolean;
  /** It serves from now on. */
  activate(): void;
  /** Runs when no phase of a request waits in it any more: at once, or when the last one is settled. */
  whenIdle(run: () => void): void;
  /** Runs a phase. Throws GuestFault; a verdict that is pending is rejected with one. */
  run(
    phase: Phase,
    exchange: Exchange,
    entry: number,
    nowMs: number,
    piece?: BodyPiece,
  ): PluginVerdict;
  /** Gives up what it waits for: no call comes back. */
  close(fault?: GuestFault): void;
}

async function instantiate(
  module: WebAssembly.Module,
  functions: Record<string, (...parameters: number[]) => number>,
): Promise<WebAssembly.Instance> {
  const createPlugin = await loadExtism();
  try {
    const extism = await createPlugin(
      { wasm: [{ module, name: "main" }] },
      // Extism types host functions with its own call context and bigints; ours take and give plain numbers.
      { useWasi: false, functions: { [IMPORT_NAMESPACE]: functions as never } },
    );
    return await extism.getInstance();
  } catch (cause) {
    // An `_initialize` that trapped, or went on for too long, if not the engine.
    throw new GuestFault(`cannot start: ${detailOf(cause)}`, true, cause);
  }
}

/** For entries that the instance does not know. */
const NO_TIME: InstanceLimits = { callMs: 0, requestMs: 0 };

/** For one entry's configure, ms: it may build tables, but a reload waits for it. */
const CONFIGURE_LIMIT_MS = 1000;

export class WasmInstance implements GuestInstance {
  readonly #plugin: string;
  readonly #options: InstanceOptions;
  readonly #call = new GuestCall();
  readonly #memory = new GuestMemory();
  readonly #pending = new PendingCalls((call, id, result) => this.#resume(call, id, result));
  readonly #timers = new Timers(this.#pending);
  readonly #suspended = new SuspendedPhases(this.#call);
  readonly #sinks = new OpenSinks();
  #exports: ReadonlyMap<string, PhaseExport> = new Map();

  private constructor(plugin: string, options: InstanceOptions) {
    this.#plugin = plugin;
    this.#options = options;
  }

  /** Loads the module through Extism and configures every entry. Throws EntryRefused, GuestFault or the engine's. */
  static async create(
    plugin: PluginModule,
    entries: readonly GuestEntry[],
    options: InstanceOptions,
  ): Promise<WasmInstance> {
    const instance = new WasmInstance(plugin.name, options);
    await instance.#load(plugin, entries);
    try {
      instance.#checkVersion();
      // Not of those that have instances of their own: they are holes.
      entries.forEach((_, index) => instance.#configure(index));
      return instance;
    } catch (error) {
      instance.close();
      throw error;
    }
  }

  async #load(plugin: PluginModule, entries: readonly GuestEntry[]): Promise<void> {
    const functions = hostFunctions({
      plugin: this.#plugin,
      traces: plugin.traces,
      metrics: plugin.metrics,
      memory: this.#memory,
      call: this.#call,
      entries,
      services: this.#options.services,
      decisions: this.#options.decisions,
      pending: this.#pending,
      timers: this.#timers,
      sinks: this.#sinks,
      onBodyBytes: this.#options.onBodyBytes,
      settle: (request, verdict) => this.#suspended.settle(request, verdict),
    });
    const { exports } = await instantiate(plugin.module, functions);
    const linear = exports["memory"] as WebAssembly.Memory; // Checked by the loader.
    plugin.image?.fill(linear);
    const fuel = new Fuel(this.#call, this.#options.onFuel);
    fuel.attach(exports);
    this.#memory.attach(linear, (bytes) => fuel.countHostBytes(bytes));
    // The loader has checked that these exports are functions.
    this.#exports = new Map(Object.entries(exports) as [string, PhaseExport][]);
  }

  #checkVersion(): void {
    this.#call.begin("configure", -1, undefined, performance.now() + CONFIGURE_LIMIT_MS);
    const version = this.#enter(VERSION_EXPORT, 0, 0);
    if (version !== ABI_VERSION) {
      throw new GuestFault(`speaks ABI ${version}, expected ${ABI_VERSION}`, true);
    }
  }

  #configure(entry: number): void {
    this.#call.begin("configure", entry, undefined, performance.now() + CONFIGURE_LIMIT_MS);
    const result = this.#enter(CONFIGURE_EXPORT, entry, 0);
    if (result === Verdict.continue) return;
    throw new EntryRefused(
      this.#plugin,
      entry,
      this.#call.failure ?? `configure returned ${result}`,
    );
  }

  get memoryBytes(): number {
    return this.#memory.byteLength;
  }

  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  activate(): void {
    this.#timers.activate();
  }

  whenIdle(run: () => void): void {
    this.#suspended.whenEmpty(run);
  }

  /** Runs a phase. Throws GuestFault; a verdict that is pending is rejected with one. */
  run(
    phase: Phase,
    exchange: Exchange,
    entry: number,
    nowMs: number,
    piece?: BodyPiece,
  ): PluginVerdict {
    const call = this.#call;
    const handle = call.begin(phase, entry, exchange, nowMs + this.#limits(entry).callMs);
    if (piece !== undefined) return this.#runPiece(phase, handle, entry, piece);
    const decisions = this.#options.decisions[entry]?.[phase];
    const recording = decisions?.record();
    if (recording !== undefined) call.record(recording);
    const result = this.#enter(PHASE_EXPORTS[phase], handle, entry);
    if (result === Verdict.continue) {
      if (recording !== undefined) decisions?.keep(exchange.snapshot, recording);
      return CONTINUE;
    }
    if (result === Verdict.respond && call.hasResponded) return RESPOND;
    if (result === Verdict.pending && this.#exports.has(RESUME_EXPORT)) {
      return { kind: "pending", settled: this.#wait(call.suspend(), nowMs) };
    }
    call.end();
    throw this.#noVerdict(result);
  }

  #noVerdict(result: number): GuestFault {
    const { failure, failsAs } = this.#call;
    const message = failure ?? `returned ${result}, which is no verdict of this phase`;
    return new GuestFault(message, false, failsAs);
  }

  #runPiece(phase: Phase, handle: number, entry: number, piece: BodyPiece): PluginVerdict {
    const call = this.#call;
    const { bytes, isLast } = piece;
    call.giveChunk(bytes);
    const result = this.#enter(PHASE_EXPORTS[phase], handle, entry, bytes.length, isLast ? 1 : 0);
    call.end();
    const changed = call.takeChunk();
    if (result !== Verdict.continue) throw this.#noVerdict(result);
    if (changed !== undefined) piece.bytes = changed;
    return CONTINUE;
  }

  #wait(phase: PhaseCall, startedAtMs: number): Promise<SettledVerdict> {
    phase.spentMs = performance.now() - startedAtMs;
    const settled = this.#suspended.add(phase);
    this.#checkHope();
    return settled;
  }

  #resume(pending: PendingCall, id: number, result: number): void {
    const call = this.#call;
    const asking = call.of(pending.request);
    const { callMs, requestMs } = this.#limits(pending.entry);
    const startedAtMs = performance.now();
    const leftMs = Math.min(callMs, requestMs - (asking?.spentMs ?? 0));
    call.begin("resume", pending.entry, undefined, startedAtMs + leftMs);
    try {
      const outcome = this.#enter(RESUME_EXPORT, id, result);
      if (asking !== undefined) asking.spentMs += performance.now() - startedAtMs;
      if (outcome !== 0) throw new GuestFault(call.failure ?? `resume returned ${outcome}`, true);
      this.#checkHope();
    } catch (thrown) {
      const fault = thrown instanceof GuestFault ? thrown : new GuestFault(String(thrown), true);
      this.close(fault);
      this.#options.onBroken(this, fault);
    }
  }

  /** When the guest waits for nothing, nothing can ever resume it. */
  #checkHope(): void {
    if (this.#pending.size > 0) return;
    this.#suspended.fail(
      new GuestFault(
        "the handler's promise is still pending: nothing that it awaits can ever happen",
        false,
      ),
    );
  }

  /** Gives up what it waits for: no call comes back. */
  close(fault: GuestFault = new GuestFault("the instance was closed", false)): void {
    this.#pending.stopAll();
    this.#suspended.fail(fault);
    this.#sinks.release();
  }

  #limits(entry: number): InstanceLimits {
    return this.#options.limits[entry] ?? NO_TIME;
  }

  #enter(name: string, first: number, second: number, length?: number, isLast?: number): number {
    const call = this.#call;
    let result: number | undefined;
    try {
      result = this.#exports.get(name)?.(first, second, length, isLast) ?? Verdict.failed;
      if (call.isOverdue) throw new GuestFault("used up its time", true);
      return result;
    } catch (thrown) {
      if (thrown instanceof GuestFault) throw thrown;
      if (call.isOverdue) throw new GuestFault("used up its time", true, thrown);
      // What the guest said itself, as AssemblyScript does before it aborts, tells more.
      const detail = call.failure ?? detailOf(thrown);
      throw new GuestFault(`trapped: ${detail}`, true, thrown);
    } finally {
      if (result !== Verdict.pending) call.end();
    }
  }
}
