// A request's body on its way through plugins to an upstream.
import type { BodyReceiver, BodySource } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { BodyFilter } from "./body-filter.ts";
import type { BodyFilterOptions } from "./body-filter.ts";

export class FilteredRequest implements BodySource, BodyReceiver {
  readonly #source: BodySource;
  readonly #filter: BodyFilter;
  readonly #onFailed: (thrown: unknown) => void;
  #receiver: BodyReceiver | undefined;
  #hasFailed = false;

  constructor(
    source: BodySource,
    options: Omit<BodyFilterOptions, "sink">,
    onFailed: (thrown: unknown) => void,
  ) {
    this.#source = source;
    this.#onFailed = onFailed;
    this.#filter = new BodyFilter({
      ...options,
      sink: (piece) => this.#receiver?.writeBody(piece),
    });
  }

  writeBody(piece: Buffer): void {
    this.#attempt(() => this.#filter.write(piece));
  }

  flushBody(): void {
    this.#attempt(() => {
      this.#filter.flush();
      this.#receiver?.flushBody();
    });
  }

  endBody(trailers?: Fields): void {
    this.#attempt(() => {
      this.#filter.end();
      this.#receiver?.endBody(trailers);
    });
  }

  /** The sender is in the middle of its own work, and none of it may end there. */
  #attempt(step: () => void): void {
    if (this.#hasFailed) return;
    try {
      step();
    } catch (thrown) {
      this.#hasFailed = true;
      this.#onFailed(thrown);
    }
  }

  readBody(receiver: BodyReceiver): void {
    this.#receiver = receiver;
    this.#source.readBody(this);
  }

  /** What went through plugins is not what it would be a second time. */
  withdrawBody(): boolean {
    return !this.#filter.hasBegun && this.#source.withdrawBody();
  }

  pauseBody(): void {
    this.#source.pauseBody();
  }

  resumeBody(): void {
    this.#source.resumeBody();
  }
}
