// Frames messages onto a socket, head and body. Small parts are gathered and leave in one write.
import type { Socket } from "../platform/socket.ts";
import type { Fields } from "./fields.ts";
import { NONE_DROPPED, writeFields } from "./write-fields.ts";

/** Pieces up to this size are copied into the gathered text; a second system call costs more than the copy. */
const MAX_GATHERED_PIECE_BYTES = 4096;
/** Gathered text is sent when it reaches this size. */
const MAX_GATHERED_BYTES = 16_384;

export class MessageWriter {
  /** The socket keeps bytes that the peer has not taken yet. */
  isBlocked = false;
  protected isChunked = false;
  readonly #socket: Socket;
  #gathered = "";

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  protected start(head: string, isChunked: boolean): void {
    this.isChunked = isChunked;
    this.#gathered += head;
  }

  /** What is written is sent at the latest with {@link flush} or {@link end}. */
  write(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.isChunked) this.#gathered += `${piece.length.toString(16)}\r\n`;
    if (piece.length <= MAX_GATHERED_PIECE_BYTES) {
      this.#gathered += piece.toString("latin1");
      if (this.#gathered.length >= MAX_GATHERED_BYTES) this.flush();
    } else {
      this.flush();
      this.send(piece);
    }
    if (this.isChunked) this.#gathered += "\r\n";
  }

  /** Only a message in chunks has a place for trailers. */
  end(trailers?: Fields): void {
    if (this.isChunked) {
      this.#gathered +=
        trailers === undefined ? "0\r\n\r\n" : `0\r\n${writeFields(trailers, NONE_DROPPED)}\r\n`;
    }
    this.flush();
  }

  flush(): void {
    if (this.#gathered === "") return;
    const text = this.#gathered;
    this.#gathered = "";
    this.send(text);
  }

  protected send(data: string | Buffer): void {
    this.isBlocked = !this.#socket.write(data);
  }
}
