// The body of the request that a client's connection is at: read for whoever takes it, or thrown away.
import type { BodyReceiver } from "../exchange.ts";
import { BodyReader } from "./body-reader.ts";
import type { Framing } from "./framing.ts";
import type { Unread } from "./unread.ts";

export class RequestBody {
  /** Who takes the body; nobody does until the request is forwarded. */
  receiver: BodyReceiver | undefined;
  /** The receiver is full. */
  isPaused = false;
  readonly #reader: BodyReader;

  constructor(framing: Framing) {
    this.#reader = new BodyReader(framing);
  }

  get isWhole(): boolean {
    return this.#reader.state === "done";
  }

  get isMalformed(): boolean {
    return this.#reader.state === "malformed";
  }

  /** Takes what is at hand and hands it to the receiver. Returns the bytes read. */
  pass(unread: Unread): number {
    const count = unread.take((bytes, at) => this.#reader.read(bytes, at, this.#toReceiver));
    if (this.isWhole) this.receiver?.endBody();
    return count;
  }

  /** Takes what is at hand and forgets it. Returns the bytes read. */
  discard(unread: Unread): number {
    return unread.take((bytes, at) => this.#reader.read(bytes, at, ignore));
  }

  readonly #toReceiver = (piece: Buffer): void => this.receiver?.writeBody(piece);
}

function ignore(): void {
  // A discarded body goes nowhere.
}
