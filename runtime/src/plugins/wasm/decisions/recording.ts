// What a handler reads of a request and does to it.
import type { Exchange } from "../../../exchange.ts";

/** Strings, or objects that stand for what a handler was told of them; undefined for what is not there. */
export type Answer = string | object | undefined;

/** One thing that can be read of a request; those of equal names read the same. */
export interface Look {
  readonly name: string;
  read(exchange: Exchange): Answer;
}

export type Effect = (exchange: Exchange) => void;

export class Recording {
  readonly looks: Look[] = [];
  /** As many as looks. */
  readonly answers: Answer[] = [];
  readonly effects: Effect[] = [];
  /** Until when the plugin wants the same done again, ms since 1970. */
  untilMs = 0;
  #isSpoilt = false;

  /** It happened what cannot happen again by itself, or what the next request may have otherwise. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  saw(look: Look, answer: Answer): void {
    // It may have seen its own doing, which the next request has not in it when it is looked at.
    if (this.effects.length > 0) this.spoil();
    this.looks.push(look);
    this.answers.push(answer);
  }

  did(effect: Effect): void {
    this.effects.push(effect);
  }

  get isRepeatable(): boolean {
    return !this.#isSpoilt && this.untilMs > 0;
  }
}
