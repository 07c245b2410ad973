// A request's body that several tries may read, one after the other or at once: it is kept while it goes through, up to a
// bound. A longer one goes on to whoever reads it, and can be read by nobody else.
import type { BodyReceiver, BodySource, Exchange } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { hasWholeBody } from "../http1/replay.ts";

export class ReplayableBody implements BodyReceiver {
  readonly #source: BodySource;
  readonly #maxBytes: number;
  readonly #readers = new Set<BodyReader>();
  #pieces: Buffer[] = [];
  #size = 0;
  #trailers: Fields | undefined;
  #hasEnded = false;
  #isReading = false;
  #isSourcePaused = false;
  #isKept = true;

  constructor(source: BodySource, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  /** Undefined when there is no body, it is kept anyway, or it is longer than what is kept. */
  static of(exchange: Exchange, maxBytes: number): ReplayableBody | undefined {
    const { requestFraming: framing, requestBody } = exchange;
    if (maxBytes === 0 || hasWholeBody(exchange)) return undefined;
    if (framing.kind === "length" && framing.length > maxBytes) return undefined;
    return new ReplayableBody(requestBody, maxBytes);
  }

  /** One more reader gets it from the start. */
  get isRepeatable(): boolean {
    return this.#isKept;
  }

  /** For one try. */
  reader(): BodyReader {
    return new BodyReader(this);
  }

  /** No further try will read it. */
  forget(): void {
    this.#isKept = false;
    this.#pieces = [];
  }

  // ---- from the client

  writeBody(piece: Buffer): void {
    if (this.#isKept) this.#keep(piece);
    for (const reader of this.#readers) reader.write(piece);
    this.#setSource();
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    // Without a reader there will be one that needs all of it: this is the last piece until then.
    if (this.#size > this.#maxBytes && this.#readers.size > 0) return this.forget();
    this.#pieces.push(Buffer.from(piece));
  }

  flushBody(): void {
    for (const { receiver } of this.#readers) receiver?.flushBody();
  }

  endBody(trailers?: Fields): void {
    this.#hasEnded = true;
    this.#trailers = trailers;
    for (const reader of this.#readers) reader.end(trailers);
  }

  // ---- to the tries

  attach(reader: BodyReader): void {
    this.#readers.add(reader);
    for (const piece of this.#pieces) reader.write(piece);
    if (this.#size > this.#maxBytes) this.forget();
    if (this.#hasEnded) return reader.end(this.#trailers);
    reader.receiver?.flushBody();
    if (!this.#isReading) {
      this.#isReading = true;
      this.#source.readBody(this);
    } else this.#setSource();
  }

  detach(reader: BodyReader): void {
    this.#readers.delete(reader);
    this.#setSource();
  }

  /** The slowest reader sets the pace; without one the source goes on as far as its body is kept. */
  #setSource(): void {
    if (this.#hasEnded) return;
    const isFull = this.#readers.size === 0 && this.#size > this.#maxBytes;
    const isPaused = isFull || [...this.#readers].some((reader) => reader.isPaused);
    if (isPaused === this.#isSourcePaused) return;
    this.#isSourcePaused = isPaused;
    if (isPaused) this.#source.pauseBody();
    else this.#source.resumeBody();
  }

  onPaceChanged(): void {
    this.#setSource();
  }
}

/** The body as one try reads it. */
export class BodyReader implements BodySource {
  receiver: BodyReceiver | undefined;
  isPaused = false;
  readonly #body: ReplayableBody;
  #hasBegun = false;

  constructor(body: ReplayableBody) {
    this.#body = body;
  }

  get isRepeatable(): boolean {
    return this.#body.isRepeatable;
  }

  write(piece: Buffer): void {
    this.#hasBegun = true;
    this.receiver?.writeBody(piece);
  }

  end(trailers: Fields | undefined): void {
    this.#hasBegun = true;
    this.receiver?.endBody(trailers);
  }

  /** Its try is over. */
  leave(): void {
    this.receiver = undefined;
    this.isPaused = false;
    this.#body.detach(this);
  }

  readBody(receiver: BodyReceiver): void {
    this.receiver = receiver;
    this.#body.attach(this);
  }

  withdrawBody(): boolean {
    if (this.#hasBegun) return false;
    this.leave();
    return true;
  }

  pauseBody(): void {
    this.isPaused = true;
    this.#body.onPaceChanged();
  }

  resumeBody(): void {
    this.isPaused = false;
    this.#body.onPaceChanged();
  }
}
