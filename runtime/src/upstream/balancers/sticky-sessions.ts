// Sends a client to the target of its first request for as long as that may be used, by a cookie with the target's id.
import type { Exchange } from "../../exchange.ts";
import type { CookieConfig } from "../../config/upstream-model.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { cookieOf, setCookie } from "./cookie.ts";
import { RoundRobin } from "./round-robin.ts";

export class StickySessions implements Balancer {
  readonly #cookie: CookieConfig;
  /** For clients without a target. */
  readonly #others: RoundRobin;
  #byId: ReadonlyMap<string, Target> = new Map();

  constructor(cookie: CookieConfig, slots: number) {
    this.#cookie = cookie;
    this.#others = new RoundRobin(slots);
  }

  use(targets: readonly Target[]): void {
    this.#byId = new Map(targets.map((target) => [target.id, target]));
    this.#others.use(targets);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const id = cookieOf(exchange, this.#cookie.name);
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known !== undefined && !tried.includes(known)) return known;
    const target = this.#others.pick(exchange, tried);
    if (target !== undefined) setCookie(exchange, this.#cookie, target.id);
    return target;
  }
}
