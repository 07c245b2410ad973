// A response's body on its way through plugins, to the client or what encodes it.
import type { ResponseSink } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { BodyFilter } from "./body-filter.ts";
import type { BodyFilterOptions } from "./body-filter.ts";

export class FilteredResponse implements ResponseSink {
  readonly #filter: BodyFilter;
  readonly #next: ResponseSink;

  constructor(options: Omit<BodyFilterOptions, "sink">, next: ResponseSink) {
    this.#next = next;
    this.#filter = new BodyFilter({ ...options, sink: (piece) => next.write(piece) });
  }

  write(piece: Buffer): void {
    this.#filter.write(piece);
  }

  flush(): void {
    this.#filter.flush();
    this.#next.flush();
  }

  end(trailers?: Fields): void {
    this.#filter.end();
    this.#next.end(trailers);
  }
}
