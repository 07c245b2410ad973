// A response's body that is compressed on its way to the client. The work is done by other threads; as much as they and
// the client have not taken yet waits here, and no more: the upstream is paused meanwhile.
import { constants, createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import type { Exchange, ResponseSink } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import type { ResponseCoding } from "./content-coding.ts";

type Encoder = ReturnType<typeof createGzip>;

export interface EncodedResponseOptions {
  readonly exchange: Exchange;
  readonly coding: ResponseCoding;
  /** All of it is with the client. */
  readonly onEnd: (trailers?: Fields) => void;
  readonly onFailed: (thrown: unknown) => void;
}

/** An upstream that sends nothing for so long is waited for: what came from it goes out, ms. */
const QUIET_MS = 10;

export class EncodedResponse implements ResponseSink {
  readonly #exchange: Exchange;
  readonly #encoder: Encoder;
  /** Undefined for Brotli, which has only one kind. */
  readonly #flushKind: number | undefined;
  /** A client that waits for events wants each at once. */
  readonly #isEvents: boolean;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #hasUnflushed = false;
  #trailers: Fields | undefined;

  constructor({ exchange, coding, onEnd, onFailed }: EncodedResponseOptions) {
    this.#exchange = exchange;
    const type = exchange.responseFields.get("content-type") ?? "";
    this.#isEvents = /^text\/event-stream\b/i.test(type);
    const encoder = createEncoder(coding);
    // Not the full flush of the default, which forgets what may come again.
    this.#flushKind = coding.coding === "br" ? undefined : constants.Z_SYNC_FLUSH;
    this.#encoder = encoder;
    encoder.on("data", (piece: Buffer) => {
      if (exchange.isOver) return;
      exchange.client.sendBody(piece);
      exchange.client.flush();
    });
    // A client that is full resumes the upstream itself.
    encoder.on("drain", () => {
      if (!exchange.isOver && !exchange.client.isFull) exchange.upstream?.resumeResponse();
    });
    encoder.on("end", () => onEnd(this.#trailers));
    encoder.on("error", (thrown) => {
      if (!exchange.isOver) onFailed(thrown);
    });
    (exchange.underWay ??= new Set()).add(() => this.#giveUp());
  }

  write(piece: Buffer): void {
    if (this.#exchange.isOver || piece.length === 0) return;
    this.#hasUnflushed = true;
    // A copy: the piece is good until this returns.
    if (!this.#encoder.write(Buffer.from(piece))) this.#exchange.upstream?.pauseResponse();
  }

  flush(): void {
    if (!this.#hasUnflushed || this.#exchange.isOver) return;
    if (this.#isEvents) return this.#flushNow();
    if (this.#quiet === undefined) this.#quiet = setTimeout(() => this.#flushNow(), QUIET_MS);
    else this.#quiet.refresh();
  }

  end(trailers?: Fields): void {
    clearTimeout(this.#quiet);
    this.#trailers = trailers;
    this.#encoder.end();
  }

  #flushNow(): void {
    if (!this.#hasUnflushed || this.#encoder.writableEnded || this.#exchange.isOver) return;
    this.#hasUnflushed = false;
    if (this.#flushKind === undefined) this.#encoder.flush();
    else this.#encoder.flush(this.#flushKind);
  }

  #giveUp(): void {
    clearTimeout(this.#quiet);
    this.#encoder.destroy();
  }
}

/** Of Brotli; its own default, 11, is for files that are compressed once. */
const USUAL_QUALITY = 4;

function createEncoder({ coding, level }: ResponseCoding): Encoder {
  const options = level === undefined ? {} : { level };
  switch (coding) {
    case "gzip":
      return createGzip(options);
    case "deflate":
      return createDeflate(options);
    case "br": {
      const params = { [constants.BROTLI_PARAM_QUALITY]: level ?? USUAL_QUALITY };
      // It has all that is used here.
      return createBrotliCompress({ params }) as unknown as Encoder;
    }
  }
}
