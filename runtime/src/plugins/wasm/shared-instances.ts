// One instance serves many requests, interleaved; another one stands by, so that a fault costs the request that caused
// it and hardly anybody else. Both are replaced in the background: by calls, memory and idle time.
import type { EndReason } from "../../status/plugin-stats.ts";
import type { GuestFault } from "./guest-fault.ts";
import type { GuestInstance } from "./instance.ts";
import { noInstance } from "./instance-maker.ts";
import type { InstanceMaker } from "./instance-maker.ts";
import type { Instances } from "./instances.ts";

export interface RecycleLimits {
  /** Calls that an instance serves. */
  readonly maxCalls: number;
  /** Of linear memory: what has grown so far does not shrink again. */
  readonly maxMemoryBytes: number;
  /** Without a call, ms: it then leaves its memory to others. */
  readonly idleMs: number;
}

/** An instance is not looked at after every call. */
const CALLS_BETWEEN_CHECKS = 1024;

export interface SharedInstancesOptions {
  readonly plugin: string;
  readonly maker: InstanceMaker;
  readonly limits: RecycleLimits;
  /** What breaks while nobody is there to be told is told here. */
  readonly onFault: (fault: GuestFault) => void;
}

export class SharedInstances implements Instances {
  readonly #options: SharedInstancesOptions;
  readonly #maker: InstanceMaker;
  #active: GuestInstance | undefined;
  #spare: GuestInstance | undefined;
  #making: Promise<void> | undefined;
  #waiting = 0;
  #calls = 0;
  #callsAtIdleCheck = -1;
  #idleCheck: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: SharedInstancesOptions) {
    this.#options = options;
    this.#maker = options.maker;
  }

  /** Throws when the module does not work. */
  static async start(options: SharedInstancesOptions): Promise<SharedInstances> {
    const instances = new SharedInstances(options);
    instances.#serve(await options.maker.first(instances.#onBroken));
    instances.#make();
    const checkIdle = (): void => instances.#checkIdle();
    instances.#idleCheck = setInterval(checkIdle, options.limits.idleMs).unref();
    return instances;
  }

  take(): GuestInstance | undefined {
    const instance = this.#active;
    this.#calls++;
    if (this.#calls % CALLS_BETWEEN_CHECKS === 0 && instance !== undefined) this.#check(instance);
    return instance;
  }

  async ready(): Promise<void> {
    this.#maker.admit(this.#waiting);
    this.#waiting++;
    try {
      this.#make();
      await this.#making;
    } finally {
      this.#waiting--;
    }
    if (this.#active === undefined) throw noInstance(this.#options.plugin, "no instance is left");
  }

  discard(broken: GuestInstance): void {
    if (broken === this.#spare) this.#spare = undefined;
    this.#maker.end(broken, "crash");
    if (broken === this.#active) this.#replaceActive();
    this.#make();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#idleCheck);
    this.#active = undefined;
    this.#spare = undefined;
    this.#maker.close();
  }

  readonly #onBroken = (broken: GuestInstance, fault: GuestFault): void => {
    this.#options.onFault(fault);
    this.discard(broken);
  };

  #serve(instance: GuestInstance): void {
    this.#active = instance;
    this.#calls = 0;
    instance.activate();
  }

  #replaceActive(): void {
    const next = this.#spare;
    this.#active = undefined;
    this.#spare = undefined;
    if (next !== undefined) this.#serve(next);
  }

  #make(): void {
    const isComplete = this.#active !== undefined && this.#spare !== undefined;
    if (this.#isClosed || isComplete || this.#making !== undefined) return;
    this.#making = this.#maker.next(this.#onBroken).then((instance) => {
      this.#making = undefined;
      if (instance === undefined) return;
      if (this.#active === undefined) {
        this.#serve(instance);
        this.#make();
      } else this.#spare = instance;
    });
  }

  #check(instance: GuestInstance): void {
    const { maxCalls, maxMemoryBytes } = this.#options.limits;
    if (this.#calls >= maxCalls) this.#recycle(instance, "calls");
    else if (instance.memoryBytes > maxMemoryBytes) this.#recycle(instance, "memory");
  }

  /** New requests go to the one that stands by; those in the old one end there. */
  #recycle(instance: GuestInstance, reason: EndReason): void {
    if (this.#spare === undefined) return;
    this.#replaceActive();
    instance.whenIdle(() => this.#maker.end(instance, reason));
    this.#make();
  }

  #checkIdle(): void {
    const isIdle = this.#calls === this.#callsAtIdleCheck && this.#active?.isWaiting === false;
    this.#callsAtIdleCheck = this.#calls;
    if (!isIdle || this.#making !== undefined) return;
    for (const instance of [this.#active, this.#spare]) {
      if (instance !== undefined) this.#maker.end(instance, "idle");
    }
    this.#active = undefined;
    this.#spare = undefined;
  }
}
