// Sends a client to the target of its first request for as long as that may be used, by a cookie with the target's id.
import type { Exchange } from "../../exchange.ts";
import type { CookieConfig } from "../../config/upstream-model.ts";
import type { Balancer } from "../balancer.ts";
import type { Target } from "../target.ts";
import { cookieOf, setCookie } from "./cookie.ts";
import type { PriorityLevels } from "./priority-levels.ts";

export class StickySessions implements Balancer {
  readonly #cookie: CookieConfig;
  readonly #targets: readonly Target[];
  /** Choose for clients without a target. */
  readonly #levels: PriorityLevels;
  readonly #placeOf: ReadonlyMap<string, number>;
  /** By place. */
  readonly #counts: Uint8Array;

  constructor(cookie: CookieConfig, targets: readonly Target[], levels: PriorityLevels) {
    this.#cookie = cookie;
    this.#targets = targets;
    this.#levels = levels;
    this.#placeOf = new Map(targets.map(({ id }, place) => [id, place]));
    this.#counts = new Uint8Array(targets.length);
  }

  weigh(place: number, weight: number): void {
    this.#counts[place] = weight > 0 ? 1 : 0;
    this.#levels.weigh(place, weight);
  }

  pick(exchange: Exchange, tried: readonly Target[]): Target | undefined {
    const known = this.#known(exchange);
    if (known !== undefined && !tried.includes(known)) return known;
    const target = this.#levels.pick(exchange, tried);
    if (target !== undefined) setCookie(exchange, this.#cookie, target.id);
    return target;
  }

  /** Undefined when it may not be used, or its level gets nothing any more. */
  #known(exchange: Exchange): Target | undefined {
    const id = cookieOf(exchange, this.#cookie.name);
    const place = id === undefined ? undefined : this.#placeOf.get(id);
    if (place === undefined || this.#counts[place] === 0) return undefined;
    return this.#levels.isInUse(place) ? this.#targets[place] : undefined;
  }
}
