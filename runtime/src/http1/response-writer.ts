// Writes one response after another to a client.
import type { Exchange } from "../exchange.ts";
import type { Fields } from "./fields.ts";
import { MessageWriter } from "./message-writer.ts";
import { writeResponseHead } from "./write-response-head.ts";

export class ResponseWriter extends MessageWriter {
  hasBegun = false;
  #exchange: Exchange | undefined;
  #hasBody = true;

  /** Writes the head. Returns whether the connection can serve another request. */
  begin(
    exchange: Exchange,
    options: { readonly isPersistent: boolean; readonly httpDate: string },
  ): boolean {
    const framing = exchange.responseFraming ?? { kind: "none" };
    const isUnbounded = framing.kind === "chunked" || framing.kind === "close";
    const isChunked = isUnbounded && exchange.minorVersion === 1;
    this.#hasBody = framing.kind !== "none";
    // An HTTP/1.0 client learns the end of such a body only from the end of the connection.
    const isPersistent = options.isPersistent && (!isUnbounded || isChunked);
    this.#exchange = exchange;
    this.hasBegun = true;
    const head = writeResponseHead(exchange, {
      isChunked,
      closes: !isPersistent,
      httpDate: options.httpDate,
    });
    this.start(head, isChunked);
    return isPersistent;
  }

  override write(piece: Buffer): void {
    if (this.#hasBody) super.write(piece);
  }

  override end(trailers?: Fields): void {
    // RFC 9110 §6.5.1: a client that did not say TE: trailers may drop them or take them for header fields.
    super.end(this.#exchange?.acceptsTrailers === true ? trailers : undefined);
    this.#exchange = undefined;
    this.hasBegun = false;
  }

  protected override send(data: string | Buffer): void {
    if (this.#exchange !== undefined) this.#exchange.responseBytes += data.length;
    super.send(data);
  }
}
