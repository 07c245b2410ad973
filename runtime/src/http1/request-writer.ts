// Frames a request onto an upstream's socket. Head and first small pieces of body leave in one write.
import type { Exchange } from "../exchange.ts";
import type { Socket } from "../platform/socket.ts";
import { writeRequestHead } from "./write-request-head.ts";
import type { RequestHeadOptions } from "./write-request-head.ts";

/** Pieces up to this size are copied into the gathered text. */
const MAX_GATHERED_PIECE_BYTES = 4096;

export class RequestWriter {
  /** The socket keeps bytes that the upstream has not taken yet. */
  isBlocked = false;
  readonly #socket: Socket;
  #isChunked = false;
  #isGathering = false;
  #gathered = "";

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Starts a request; what follows in this turn is gathered until {@link flush}. */
  begin(exchange: Exchange, options: RequestHeadOptions): void {
    this.#isChunked = exchange.requestFraming.kind === "chunked";
    this.#isGathering = true;
    this.#gathered = writeRequestHead(exchange, options);
  }

  write(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.#isChunked) this.#gathered += `${piece.length.toString(16)}\r\n`;
    if (piece.length <= MAX_GATHERED_PIECE_BYTES) {
      this.#gathered += piece.toString("latin1");
    } else {
      this.#sendGathered();
      this.isBlocked = !this.#socket.write(piece);
    }
    if (this.#isChunked) this.#gathered += "\r\n";
    if (!this.#isGathering) this.#sendGathered();
  }

  end(): void {
    if (this.#isChunked) this.#gathered += "0\r\n\r\n";
    if (!this.#isGathering) this.#sendGathered();
  }

  flush(): void {
    this.#isGathering = false;
    this.#sendGathered();
  }

  #sendGathered(): void {
    if (this.#gathered === "") return;
    const text = this.#gathered;
    this.#gathered = "";
    this.isBlocked = !this.#socket.write(text);
  }
}
