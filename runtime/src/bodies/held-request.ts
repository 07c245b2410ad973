// A request's body that plugins read or replace before an upstream is asked. What was read goes on from here, and more
// than once when a target has to be replaced by another; what was not read goes through.
import type { BodyReceiver, BodySource } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { HeldBody } from "./held-body.ts";
import type { TellBody } from "./held-body.ts";

export class HeldRequest implements BodySource, BodyReceiver {
  readonly body: HeldBody = new HeldBody();
  readonly #client: BodySource;
  #isReading = false;
  #isReplaced = false;
  #isPaused = false;
  #receiver: BodyReceiver | undefined;
  /** The receiver has got something of it. */
  #hasBegun = false;
  #isForgotten = false;

  constructor(client: BodySource) {
    this.#client = client;
  }

  /** Tells when all of it is here. The client is asked for no more than `maxBytes`, and a little. */
  ask(maxBytes: number, tell: TellBody): void {
    this.body.ask(maxBytes, tell);
    if (this.body.isAwaited) this.#continue();
  }

  replace(bytes: Buffer): void {
    this.#isReplaced = true;
    this.body.replace(bytes);
  }

  /** Bytes, when it was replaced. */
  get newLength(): number | undefined {
    return this.#isReplaced ? this.body.size : undefined;
  }

  // ---- from the client

  writeBody(piece: Buffer): void {
    if (this.#isReplaced) return;
    if (this.#receiver === undefined) {
      this.body.add(piece);
      if (!this.body.isAwaited) this.#client.pauseBody();
    } else {
      this.#hasBegun = true;
      this.#receiver.writeBody(piece);
    }
  }

  flushBody(): void {
    if (!this.#isReplaced) this.#receiver?.flushBody();
  }

  endBody(trailers?: Fields): void {
    if (this.#isReplaced) return;
    if (this.#receiver === undefined) this.body.end(trailers);
    else {
      this.#hasBegun = true;
      this.#receiver.endBody(trailers);
    }
  }

  // ---- to the upstream

  /** What is kept may be sent again, to another receiver. */
  get isRepeatable(): boolean {
    return this.body.hasEnded && !this.#isForgotten;
  }

  /** It was sent, and will not be again. */
  forget(): void {
    this.#isForgotten = true;
    this.body.forget();
  }

  readBody(receiver: BodyReceiver): void {
    this.#receiver = receiver;
    this.#isPaused = false;
    for (const piece of this.body.pieces) {
      this.#hasBegun = true;
      receiver.writeBody(piece);
    }
    if (this.body.hasEnded) {
      this.#hasBegun = true;
      receiver.endBody(this.body.trailers);
    } else receiver.flushBody();
    // What was replaced is read all the same, and dropped: the client's next request stands behind it.
    if (!this.body.hasEnded || this.#isReplaced) this.#continue();
  }

  withdrawBody(): boolean {
    if (this.#hasBegun) return false;
    this.#receiver = undefined;
    return true;
  }

  pauseBody(): void {
    this.#isPaused = true;
    if (!this.#isReplaced) this.#client.pauseBody();
  }

  resumeBody(): void {
    this.#isPaused = false;
    if (this.#isReading) this.#client.resumeBody();
  }

  #continue(): void {
    if (!this.#isReading) {
      this.#isReading = true;
      this.#client.readBody(this);
    } else if (!this.#isPaused || this.#isReplaced) this.#client.resumeBody();
  }
}
