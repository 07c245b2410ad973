// An instance for each request, which nobody had before and nobody gets after it (W8). Some stand by.
import type { GatewayError } from "../../errors.ts";
import type { Exchange } from "../../exchange.ts";
import type { GuestFault } from "./guest-fault.ts";
import type { GuestInstance } from "./instance.ts";
import { noInstance } from "./instance-maker.ts";
import type { InstanceMaker } from "./instance-maker.ts";
import type { Instances } from "./instances.ts";

/** That stand by. */
const SPARES = 4;
/** At once; who comes on top of them waits. */
const MAX_LIVE = 256;

export interface RequestInstancesOptions {
  readonly plugin: string;
  readonly maker: InstanceMaker;
  readonly onFault: (fault: GuestFault) => void;
}

export class RequestInstances implements Instances {
  readonly #options: RequestInstancesOptions;
  readonly #maker: InstanceMaker;
  readonly #spares: GuestInstance[] = [];
  readonly #lent = new Map<Exchange, GuestInstance>();
  #waiters: PromiseWithResolvers<void>[] = [];
  #isMaking = false;
  #isClosed = false;

  private constructor(options: RequestInstancesOptions) {
    this.#options = options;
    this.#maker = options.maker;
  }

  /** Throws when the module does not work. */
  static async start(options: RequestInstancesOptions): Promise<RequestInstances> {
    const instances = new RequestInstances(options);
    instances.#spares.push(await options.maker.first(instances.#onBroken));
    void instances.#refill();
    return instances;
  }

  take(exchange: Exchange): GuestInstance | undefined {
    const lent = this.#lent.get(exchange);
    if (lent !== undefined) return lent;
    const instance = this.#lent.size < MAX_LIVE ? this.#spares.pop() : undefined;
    if (instance === undefined) return undefined;
    this.#lent.set(exchange, instance);
    instance.activate();
    (exchange.leavings ??= []).push(() => this.#takeBack(exchange));
    void this.#refill();
    return instance;
  }

  async ready(): Promise<void> {
    this.#maker.admit(this.#waiters.length);
    const turn = Promise.withResolvers<void>();
    this.#waiters.push(turn);
    void this.#refill();
    return turn.promise;
  }

  discard(broken: GuestInstance): void {
    for (const [exchange, instance] of this.#lent) {
      if (instance === broken) this.#lent.delete(exchange);
    }
    const at = this.#spares.indexOf(broken);
    if (at >= 0) this.#spares.splice(at, 1);
    this.#maker.end(broken, "crash");
    void this.#refill();
  }

  close(): void {
    this.#isClosed = true;
    this.#maker.close();
    for (const waiter of this.#waiters) waiter.reject(this.#none());
    this.#waiters = [];
  }

  readonly #onBroken = (broken: GuestInstance, fault: GuestFault): void => {
    this.#options.onFault(fault);
    this.discard(broken);
  };

  #takeBack(exchange: Exchange): void {
    const instance = this.#lent.get(exchange);
    if (instance === undefined) return;
    this.#lent.delete(exchange);
    this.#maker.end(instance, "request");
    void this.#refill();
  }

  #none(): GatewayError {
    return noInstance(this.#options.plugin, "no instance is left");
  }

  get #isWanted(): boolean {
    const live = this.#spares.length + this.#lent.size;
    return live < MAX_LIVE && (this.#spares.length < SPARES || this.#waiters.length > 0);
  }

  async #refill(): Promise<void> {
    if (this.#isMaking) return;
    this.#isMaking = true;
    while (!this.#isClosed && this.#isWanted) {
      const instance = await this.#maker.next(this.#onBroken);
      const waiter = this.#waiters.shift();
      if (instance === undefined) {
        waiter?.reject(this.#none());
        continue;
      }
      this.#spares.push(instance);
      waiter?.resolve();
    }
    this.#isMaking = false;
  }
}
