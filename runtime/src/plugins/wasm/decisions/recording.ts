// What a handler reads of a request and does to it.
import type { Exchange } from "../../../exchange.ts";

/** Strings, or objects that stand for what a handler was told of them; undefined for what is not there. */
export type Answer = string | object | undefined;

/** One thing that can be read of a request; those of equal names read the same. */
export interface Look {
  readonly name: string;
  /** What of a request it is about, of which an {@link Effect} may change it. */
  readonly of: string;
  read(exchange: Exchange): Answer;
}

export type Effect = (exchange: Exchange) => void;

/** Takes something of which there may be none left; then it takes nothing and says false. */
export type Condition = () => boolean;

/** In the place of what an effect changes. */
export const EVERYTHING = "everything";

export class Recording {
  readonly looks: Look[] = [];
  /** As many as looks. */
  readonly answers: Answer[] = [];
  readonly effects: Effect[] = [];
  /** What has to come true before there is any effect. */
  condition: Condition | undefined;
  /** Of the texts that effects hold. */
  bytes = 0;
  /** Until when the plugin wants the same done again, ms since 1970. */
  untilMs = 0;
  #isSpoilt = false;
  readonly #changed = new Set<string>();

  /** It happened what cannot happen again by itself, or what the next request may have otherwise. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  saw(look: Look, answer: Answer): void {
    // It sees its own doing, which the next request has not in it when it is looked at.
    if (this.#changed.has(look.of) || this.#changed.has(EVERYTHING)) this.spoil();
    // A look that finds something new has the guest called, which would take a second time.
    if (this.condition !== undefined) this.spoil();
    this.looks.push(look);
    this.answers.push(answer);
  }

  /** `text` is what it puts somewhere. What it changes is of what looks are of; nothing when no look can see it. */
  did(effect: Effect, text: string, ...changed: readonly string[]): void {
    this.effects.push(effect);
    this.bytes += 2 * text.length;
    for (const of of changed) this.#changed.add(of);
  }

  /** It took something; the guest must not have taken anything before. `text` is what it is taken from. */
  took(condition: Condition, text: string): void {
    if (this.condition !== undefined) this.spoil();
    this.condition = condition;
    this.bytes += 2 * text.length;
  }

  get isRepeatable(): boolean {
    return !this.#isSpoilt && this.untilMs > 0;
  }
}
