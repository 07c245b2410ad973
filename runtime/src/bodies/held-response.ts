// A response whose head waits for a plugin. What follows the head is kept until the head is out; the upstream sends no
// more than that meanwhile, unless the plugin asked for all of it.
import type { Exchange, ResponseSink } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { HeldBody } from "./held-body.ts";
import type { TellBody } from "./held-body.ts";

export class HeldResponse implements ResponseSink {
  readonly body: HeldBody = new HeldBody();
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    exchange.upstream?.pauseResponse();
  }

  ask(maxBytes: number, tell: TellBody): void {
    this.body.ask(maxBytes, tell);
    if (this.body.isAwaited) this.#exchange.upstream?.resumeResponse();
  }

  write(piece: Buffer): void {
    this.body.add(piece);
    if (!this.body.isAwaited) this.#exchange.upstream?.pauseResponse();
  }

  flush(): void {
    // Nothing goes on.
  }

  end(trailers?: Fields): void {
    this.body.end(trailers);
  }
}
