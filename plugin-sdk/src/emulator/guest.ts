// One instance of the plugin's module, called as the gateway calls it.
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  IMPORT_NAMESPACE,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  VERSION_EXPORT,
  Verdict,
} from "../abi.ts";
import type { Phase } from "../abi.ts";
import type { Exchange } from "./exchange.ts";
import { PluginFailure } from "./failure.ts";
import { hostFunctions } from "./functions/host-functions.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { HostState } from "./host-state.ts";
import { OpenQuotas } from "./open-quotas.ts";
import { PendingCalls } from "./pending-calls.ts";
import { PhaseCalls } from "./phase-calls.ts";
import type { PhaseCall } from "./phase-calls.ts";

/** A phase that waits, and what its end does. */
interface Waiting {
  readonly call: PhaseCall;
  readonly resolve: (verdict: number) => void;
  readonly reject: (failure: PluginFailure) => void;
}

/** As the gateway says it. */
const WAITS_FOR_NOTHING =
  "the handler's promise is still pending: nothing that it awaits can ever happen";

/** Stands between the guest and each host function that it has; pointers are of the guest's memory. */
export type Intercept = (
  name: string,
  run: (...values: number[]) => number,
  memory: GuestMemory,
) => (...values: number[]) => number;

export class Guest {
  /** It trapped or used up its time: the gateway would take another one from now on. */
  isBroken = false;
  readonly #host: HostState;
  readonly #memory = new GuestMemory();
  readonly #calls = new PhaseCalls();
  readonly #pending: PendingCalls = new PendingCalls((id, result) => this.#resume(id, result));
  readonly #waiting = new Map<number, Waiting>();
  #exports: WebAssembly.Instance["exports"] = {};

  readonly #intercept: Intercept;

  private constructor(host: HostState, intercept: Intercept) {
    this.#host = host;
    this.#intercept = intercept;
  }

  /** Makes an instance and configures it. Throws a PluginFailure. */
  static async load(
    module: WebAssembly.Module,
    host: HostState,
    intercept: Intercept = (_, run) => run,
  ): Promise<Guest> {
    const guest = new Guest(host, intercept);
    await guest.#instantiate(module);
    const version = guest.#enter(VERSION_EXPORT, "configure");
    if (version !== ABI_VERSION) {
      throw new PluginFailure("configure", `speaks ABI ${version}, expected ${ABI_VERSION}`);
    }
    const verdict = guest.configure();
    if (verdict !== Verdict.continue) throw guest.#failure("configure", verdict);
    return guest;
  }

  /** Configures the one entry; the verdict. Throws a PluginFailure. */
  configure(): number {
    this.#calls.begin("configure", undefined);
    return this.#enter(CONFIGURE_EXPORT, "configure", 0);
  }

  get memoryBytes(): number {
    return this.#memory.byteLength;
  }

  async #instantiate(module: WebAssembly.Module): Promise<void> {
    const functions: Record<string, (...values: number[]) => number> = hostFunctions({
      host: this.#host,
      memory: this.#memory,
      calls: this.#calls,
      pending: this.#pending,
      quotas: new OpenQuotas(),
      settle: (request, verdict) => this.#settle(request, verdict),
    });
    for (const { module: namespace, name } of WebAssembly.Module.imports(module)) {
      if (namespace !== IMPORT_NAMESPACE) {
        throw new PluginFailure("load", `imports ${namespace}.${name}, which no gateway has`);
      }
      // A plugin of a newer SDK imports more than it calls.
      functions[name] ??= () => {
        throw new Error(`the emulator has no host function ${name}`);
      };
    }
    const imports = Object.fromEntries(
      Object.entries(functions).map(([name, run]) => [
        name,
        this.#intercept(name, run, this.#memory),
      ]),
    );
    const instance = await WebAssembly.instantiate(module, { [IMPORT_NAMESPACE]: imports });
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new PluginFailure("load", "exports no memory");
    }
    this.#memory.attach(memory);
    this.#exports = instance.exports;
    // As Extism does, for languages that set up their variables there.
    const { _initialize: initialize } = instance.exports;
    if (typeof initialize === "function") initialize();
  }

  /** Runs a phase to its end. True when the plugin answered the request. Rejects with a PluginFailure. */
  async run(phase: Phase, exchange: Exchange, ...more: readonly number[]): Promise<boolean> {
    const call = this.#calls.begin(phase, exchange);
    let verdict = this.#enter(PHASE_EXPORTS[phase], phase, call.handle, 0, ...more);
    if (verdict === Verdict.pending) {
      verdict = await new Promise<number>((resolve, reject) => {
        this.#waiting.set(call.handle, { call, resolve, reject });
        this.#calls.wait(call);
        this.#endIdleWaits();
      });
    }
    if (verdict === Verdict.continue) return false;
    if (verdict === Verdict.respond && call.hasResponded) return true;
    throw this.#failure(phase, verdict);
  }

  #resume(id: number, result: number): void {
    this.#calls.begin("resume", undefined);
    if (this.#enter(RESUME_EXPORT, "resume", id, result) === 0) return this.#endIdleWaits();
    throw this.#broken("resume", this.#calls.failure ?? "could not be resumed");
  }

  /** Without a call or timer there is nothing that could ever resume the guest. */
  #endIdleWaits(): void {
    if (this.#pending.size > 0) return;
    for (const { call, reject } of this.#waiting.values()) {
      this.#calls.release(call.handle);
      reject(new PluginFailure(call.phase, WAITS_FOR_NOTHING));
    }
    this.#waiting.clear();
  }

  /** The guest says what a phase came to; false when no such phase waits. */
  #settle(handle: number, verdict: number): boolean {
    const waiting = this.#waiting.get(handle);
    this.#waiting.delete(handle);
    this.#calls.release(handle);
    if (verdict === Verdict.continue || verdict === Verdict.respond) waiting?.resolve(verdict);
    else waiting?.reject(this.#failure(waiting.call.phase, verdict));
    return waiting !== undefined;
  }

  #enter(name: string, phase: string, ...values: readonly number[]): number {
    const run = this.#exports[name];
    if (typeof run !== "function") throw new PluginFailure(phase, `exports no function ${name}`);
    const { callLimitMs } = this.#host.options;
    this.#host.deadlineAtMs = performance.now() + callLimitMs;
    try {
      const result: unknown = run(...values);
      if (performance.now() > this.#host.deadlineAtMs) {
        throw this.#broken(phase, this.#calls.failure ?? `used up its ${callLimitMs} ms`);
      }
      return Number(result);
    } catch (thrown) {
      if (thrown instanceof PluginFailure) throw thrown;
      throw this.#broken(phase, `trapped: ${this.#calls.failure ?? String(thrown)}`);
    } finally {
      this.#calls.end();
    }
  }

  #failure(phase: string, verdict: number): PluginFailure {
    const text = this.#calls.failure ?? `returned ${verdict}, which is no verdict of ${phase}`;
    this.#calls.failure = undefined;
    return new PluginFailure(phase, text);
  }

  /** Nobody knows in what state its memory is: what waits in it cannot go on. */
  #broken(phase: string, text: string): PluginFailure {
    this.isBroken = true;
    for (const { call, reject } of this.#waiting.values()) {
      reject(new PluginFailure(call.phase, `the instance broke in another call: ${text}`));
    }
    this.#waiting.clear();
    return new PluginFailure(phase, text);
  }
}
