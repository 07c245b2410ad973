// What a service's requests go to when its host is a name: the addresses of that name, in turn.
import { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { TargetPool } from "../upstream/balancer.ts";
import { targetAt } from "../upstream/target.ts";
import type { Target } from "../upstream/target.ts";
import type { ResolvedAddress } from "./dns/name-lookup.ts";

export interface NamedHostOptions {
  /** Of the service. */
  readonly id: string;
  readonly port: number;
  readonly name: {
    readonly name: string;
    readonly addresses: readonly ResolvedAddress[];
    readonly error: string | undefined;
  };
}

export class NamedHost implements TargetPool {
  readonly observer = undefined;
  readonly #options: NamedHostOptions;
  #made: readonly Target[] = [];
  #madeOf: readonly ResolvedAddress[] = [];
  #next = 0;

  constructor(options: NamedHostOptions) {
    this.#options = options;
  }

  get targets(): readonly Target[] {
    const { id, port, name } = this.#options;
    if (this.#madeOf !== name.addresses) {
      this.#madeOf = name.addresses;
      this.#made = name.addresses.map((address) => {
        const at = address.port ?? port;
        const authority = `${name.name}:${at}`;
        return targetAt({ id, host: address.host, port: at, weight: 100, priority: 0, authority });
      });
    }
    return this.#made;
  }

  /** Throws GatewayError when the name has no address. */
  pick(_exchange: Exchange, tried: readonly Target[]): Target {
    const { targets } = this;
    const first = this.#next++;
    for (let step = 0; step < targets.length; step++) {
      const target = targets[(first + step) % targets.length];
      if (target !== undefined && !tried.includes(target)) return target;
    }
    const again = targets[first % targets.length];
    if (again !== undefined) return again;
    const { name, error } = this.#options.name;
    throw new GatewayError("name_resolution_failed", `${name}: ${error ?? "not looked up yet"}`);
  }
}
