// A response's body on its way through plugins to the client.
import type { Exchange, ResponseSink } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { BodyFilter } from "./body-filter.ts";
import type { BodyFilterOptions } from "./body-filter.ts";

export class FilteredResponse implements ResponseSink {
  readonly #filter: BodyFilter;
  readonly #exchange: Exchange;
  readonly #onEnd: (trailers?: Fields) => void;

  constructor(options: Omit<BodyFilterOptions, "sink">, onEnd: (trailers?: Fields) => void) {
    const { exchange } = options;
    this.#exchange = exchange;
    this.#onEnd = onEnd;
    this.#filter = new BodyFilter({
      ...options,
      sink: (piece) => exchange.client.sendBody(piece),
    });
  }

  write(piece: Buffer): void {
    this.#filter.write(piece);
  }

  flush(): void {
    this.#filter.flush();
    this.#exchange.client.flush();
  }

  end(trailers?: Fields): void {
    this.#filter.end();
    this.#onEnd(trailers);
  }
}
