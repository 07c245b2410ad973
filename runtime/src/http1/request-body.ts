// The body of the request that a client's connection is at: read for whoever takes it, or thrown away.
import { GatewayError } from "../errors.ts";
import type { BodyReceiver } from "../exchange.ts";
import { BodyReader } from "./body-reader.ts";
import type { Framing } from "./framing.ts";
import type { Unread } from "./unread.ts";

export class RequestBody {
  /** Who takes the body; nobody does until the request is forwarded. */
  receiver: BodyReceiver | undefined;
  /** The receiver is full. */
  isPaused = false;
  /** When all of it must have come, monotonic, ms; Infinity for no limit. */
  limitAtMs: number;
  readonly #reader: BodyReader;
  #hasBegun = false;

  constructor(framing: Framing, limitAtMs: number) {
    this.#reader = new BodyReader(framing);
    this.limitAtMs = limitAtMs;
  }

  get isWhole(): boolean {
    return this.#reader.state === "done";
  }

  /** More of it is to come. */
  get isReadable(): boolean {
    return this.#reader.state === "more";
  }

  /** Why the rest of the body cannot be read. */
  get fault(): GatewayError | undefined {
    const { state } = this.#reader;
    if (state === "more" || state === "done") return undefined;
    return state === "malformed"
      ? new GatewayError("bad_request", "the body's chunks are malformed")
      : new GatewayError("head_too_large", "the trailer section is over the limit");
  }

  /** Takes what is at hand and hands it to the receiver. Returns the bytes read. */
  pass(unread: Unread): number {
    const count = unread.take((bytes, at) => this.#reader.read(bytes, at, this.#toReceiver));
    if (this.isWhole) this.receiver?.endBody(this.#reader.trailers);
    else this.receiver?.flushBody();
    return count;
  }

  /** Takes what is at hand and forgets it. Returns the bytes read. */
  discard(unread: Unread): number {
    return unread.take((bytes, at) => this.#reader.read(bytes, at, ignore));
  }

  /** Leaves the receiver for another one; false when it has got something. */
  withdraw(): boolean {
    if (this.#hasBegun || this.isWhole) return false;
    this.receiver = undefined;
    this.isPaused = false;
    return true;
  }

  readonly #toReceiver = (piece: Buffer): void => {
    this.#hasBegun = true;
    this.receiver?.writeBody(piece);
  };
}

function ignore(): void {
  // A discarded body goes nowhere.
}
