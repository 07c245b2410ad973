// A body that stays in memory, piece by piece as it comes: because plugins asked for all of it, or because the head that
// goes before it waits.
import type { Fields } from "../http1/fields.ts";

/** What came of asking for all of a body. */
export type BodyOutcome =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  /** It is longer than the asker takes; what came of it stays. */
  | { readonly kind: "too_large" }
  /** The exchange is over, or the body is on its way already. */
  | { readonly kind: "gone" };

export type TellBody = (outcome: BodyOutcome) => void;

interface Asker {
  readonly maxBytes: number;
  readonly tell: TellBody;
}

const TOO_LARGE: BodyOutcome = { kind: "too_large" };
const GONE: BodyOutcome = { kind: "gone" };
const EMPTY = Buffer.alloc(0);

export class HeldBody {
  /** Nothing comes after what is here. */
  hasEnded = false;
  trailers: Fields | undefined;
  #pieces: Buffer[] = [];
  #size = 0;
  #askers: Asker[] = [];

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  get size(): number {
    return this.#size;
  }

  /** Somebody waits for more of it. */
  get isAwaited(): boolean {
    return this.#askers.length > 0;
  }

  /** Copies: the piece is its sender's again when this returns. */
  add(piece: Buffer): void {
    this.#pieces.push(Buffer.from(piece));
    this.#size += piece.length;
    this.#tellWhere(({ maxBytes }) => this.#size > maxBytes, TOO_LARGE);
  }

  end(trailers: Fields | undefined): void {
    this.hasEnded = true;
    this.trailers = trailers;
    this.#tellAll();
  }

  /** Tells when all is here, at once when it is; more than `maxBytes` is too much. */
  ask(maxBytes: number, tell: TellBody): void {
    if (this.#size > maxBytes) return tell(TOO_LARGE);
    this.#askers.push({ maxBytes, tell });
    if (this.hasEnded) this.#tellAll();
  }

  /** These bytes are the whole body now, without trailers. */
  replace(bytes: Buffer): void {
    this.#pieces = [bytes];
    this.#size = bytes.length;
    this.end(undefined);
  }

  /** Nobody needs its bytes any more. */
  forget(): void {
    this.#pieces = [];
  }

  /** It will not become whole. */
  abandon(): void {
    this.#tellWhere(() => true, GONE);
  }

  #tellAll(): void {
    if (!this.isAwaited) return;
    const bytes = this.#join();
    this.#tellWhere(() => true, { kind: "whole", bytes });
  }

  /** In one piece from here on: not twice in memory. */
  #join(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] ?? EMPTY;
  }

  #tellWhere(isTold: (asker: Asker) => boolean, outcome: BodyOutcome): void {
    if (!this.isAwaited) return;
    const told = this.#askers.filter(isTold);
    if (told.length === 0) return;
    this.#askers = this.#askers.filter((asker) => !told.includes(asker));
    for (const { tell } of told) tell(outcome);
  }
}
