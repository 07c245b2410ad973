// Makes instances one at a time, with a wait after faults, and counts what becomes of them.
import { GatewayError, detailOf } from "../../errors.ts";
import type { EndReason, InstanceStats } from "../../status/plugin-stats.ts";
import type { PluginLog } from "./host-services.ts";
import type { GuestFault } from "./guest-fault.ts";
import type { GuestInstance } from "./instance.ts";
import { RestartBudget } from "./restart-budget.ts";

export type OnBroken = (instance: GuestInstance, fault: GuestFault) => void;

/** Requests that wait for an instance (W11). */
const MAX_WAITING = 1000;

export interface InstanceMakerOptions {
  readonly plugin: string;
  readonly log: PluginLog;
  readonly stats: InstanceStats;
  /** Crashes in a row are followed by longer and longer waits (`fail_reload`). */
  readonly backsOff: boolean;
  /** Waits between two attempts when one failed, ms. */
  readonly retryDelayMs: number;
  create(onBroken: OnBroken): Promise<GuestInstance>;
}

export class InstanceMaker {
  readonly #options: InstanceMakerOptions;
  readonly #budget: RestartBudget;
  readonly #live = new Set<GuestInstance>();
  #waitMs = 0;
  #isClosed = false;

  constructor(options: InstanceMakerOptions) {
    this.#options = options;
    this.#budget = new RestartBudget(options.backsOff);
  }

  /** Throws when one more request must not wait for an instance: too many do, or none is made after faults. */
  admit(waiting: number): void {
    const { plugin, backsOff } = this.#options;
    if (waiting >= MAX_WAITING) {
      throw new GatewayError("overloaded", `${waiting} requests wait for plugin ${plugin}`);
    }
    if (backsOff && this.#waitMs > 0) throw noInstance(plugin, "backs off after faults");
  }

  /** Throws when the module does not work. */
  async first(onBroken: OnBroken): Promise<GuestInstance> {
    return this.#begin(await this.#options.create(onBroken));
  }

  /** Undefined when it cannot be made now, which the log says, or when it is not needed any more. */
  async next(onBroken: OnBroken): Promise<GuestInstance | undefined> {
    if (this.#waitMs > 0) await sleep(this.#waitMs);
    this.#waitMs = 0;
    if (this.#isClosed) return undefined;
    try {
      const instance = this.#begin(await this.#options.create(onBroken));
      if (!this.#isClosed) return instance;
      this.end(instance, "closed");
    } catch (error) {
      const { log, plugin, retryDelayMs } = this.#options;
      log.write(plugin, 3, `no further instance: ${detailOf(error)}`);
      this.#waitMs = retryDelayMs;
    }
    return undefined;
  }

  #begin(instance: GuestInstance): GuestInstance {
    this.#live.add(instance);
    this.#options.stats.live.add(instance);
    return instance;
  }

  /** What waits in it fails; nothing may call it any more. */
  end(instance: GuestInstance, reason: EndReason): void {
    if (!this.#live.delete(instance)) return;
    this.#options.stats.live.delete(instance);
    this.#options.stats.ended[reason]++;
    if (reason === "crash") this.#waitMs = Math.max(this.#waitMs, this.#budget.spend());
    instance.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const instance of this.#live) this.end(instance, "closed");
  }
}

export function noInstance(plugin: string, detail: string): GatewayError {
  return new GatewayError("plugin_failed", `${plugin}: ${detail}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
