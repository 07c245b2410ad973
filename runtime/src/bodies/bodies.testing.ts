// Both ends of a request's body in tests.
import type { BodyReceiver, BodySource } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";

/** A client's end, which hands out what a test says. */
export class ScriptedSource implements BodySource {
  readonly events: string[] = [];
  receiver: BodyReceiver | undefined;
  hasBegun = false;

  readBody(receiver: BodyReceiver): void {
    this.events.push("read");
    this.receiver = receiver;
  }
  withdrawBody(): boolean {
    return !this.hasBegun;
  }
  pauseBody(): void {
    this.events.push("pause");
  }
  resumeBody(): void {
    this.events.push("resume");
  }

  /** One read of the socket: these pieces are at hand, in a buffer that is used again afterwards. */
  give(...pieces: readonly string[]): void {
    this.hasBegun = true;
    const buffer = Buffer.from(pieces.join(""), "latin1");
    let at = 0;
    for (const { length } of pieces) {
      this.receiver?.writeBody(buffer.subarray(at, at + length));
      at += length;
    }
    this.receiver?.flushBody();
    buffer.fill("?");
  }

  end(trailers?: Fields): void {
    this.receiver?.endBody(trailers);
  }
}

/** An upstream's end. */
export class RecordingReceiver implements BodyReceiver {
  readonly events: string[] = [];
  body = "";
  trailers: Fields | undefined;
  /** Called for each piece. */
  onPiece: () => void = () => undefined;

  writeBody(piece: Buffer): void {
    this.body += piece.toString("latin1");
    this.events.push(`write ${piece.length}`);
    this.onPiece();
  }
  flushBody(): void {
    this.events.push("flush");
  }
  endBody(trailers?: Fields): void {
    this.trailers = trailers;
    this.events.push("end");
  }
}
