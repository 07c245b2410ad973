// Frames one response after another onto a client's socket. Small parts are gathered and sent in one write.
import type { Exchange } from "../exchange.ts";
import type { Socket } from "../platform/socket.ts";
import { writeResponseHead } from "./write-response-head.ts";

/** Pieces up to this size are copied into the gathered text; a second system call costs more than the copy. */
const MAX_GATHERED_PIECE_BYTES = 4096;
/** Gathered text is sent when it reaches this size. */
const MAX_GATHERED_BYTES = 16_384;

export class ResponseWriter {
  /** The socket keeps bytes that the client has not taken yet. */
  isBlocked = false;
  hasBegun = false;
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #isChunked = false;
  #hasBody = true;
  #gathered = "";

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Writes the head. Returns whether the connection can serve another request. */
  begin(
    exchange: Exchange,
    options: { readonly isPersistent: boolean; readonly httpDate: string },
  ): boolean {
    const framing = exchange.responseFraming ?? { kind: "none" };
    const isUnbounded = framing.kind === "chunked" || framing.kind === "close";
    this.#isChunked = isUnbounded && exchange.minorVersion === 1;
    this.#hasBody = framing.kind !== "none";
    // An HTTP/1.0 client learns the end of such a body only from the end of the connection.
    const isPersistent = options.isPersistent && (!isUnbounded || this.#isChunked);
    this.#exchange = exchange;
    this.hasBegun = true;
    this.#gathered += writeResponseHead(exchange, {
      isChunked: this.#isChunked,
      closes: !isPersistent,
      httpDate: options.httpDate,
    });
    return isPersistent;
  }

  write(piece: Buffer): void {
    if (!this.#hasBody || piece.length === 0) return;
    if (this.#isChunked) this.#gathered += `${piece.length.toString(16)}\r\n`;
    if (piece.length <= MAX_GATHERED_PIECE_BYTES) {
      this.#gathered += piece.toString("latin1");
      if (this.#gathered.length >= MAX_GATHERED_BYTES) this.flush();
    } else {
      this.flush();
      this.#send(piece);
    }
    if (this.#isChunked) this.#gathered += "\r\n";
  }

  end(): void {
    if (this.#isChunked) this.#gathered += "0\r\n\r\n";
    this.flush();
    this.#exchange = undefined;
    this.hasBegun = false;
  }

  flush(): void {
    if (this.#gathered === "") return;
    const text = this.#gathered;
    this.#gathered = "";
    this.#send(text);
  }

  #send(data: string | Buffer): void {
    if (this.#exchange !== undefined) this.#exchange.responseBytes += data.length;
    this.isBlocked = !this.#socket.write(data);
  }
}
