import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BodyReceiver, BodySource } from "../exchange.ts";
import { ReplayableBody } from "./replayable-body.ts";

class Receiver implements BodyReceiver {
  text = "";
  writeBody(piece: Buffer): void {
    this.text += piece.toString();
  }
  flushBody(): void {}
  endBody(): void {
    this.text += "|";
  }
}

/** Sends what the test says. */
class Source implements BodySource {
  receiver: BodyReceiver | undefined;
  isPaused = false;
  readBody(receiver: BodyReceiver): void {
    assert.equal(this.receiver, undefined, "it is read once");
    this.receiver = receiver;
  }
  withdrawBody(): boolean {
    return false;
  }
  pauseBody(): void {
    this.isPaused = true;
  }
  resumeBody(): void {
    this.isPaused = false;
  }
  send(text: string): void {
    const piece = Buffer.from(text);
    this.receiver?.writeBody(piece);
    // The bytes are the sender's again.
    piece.fill(0);
  }
  end(): void {
    this.receiver?.endBody();
  }
}

function begun(maxBytes: number): { source: Source; body: ReplayableBody; first: Receiver } {
  const source = new Source();
  const body = new ReplayableBody(source, maxBytes);
  const first = new Receiver();
  body.reader().readBody(first);
  return { source, body, first };
}

describe("a body that is kept", () => {
  test("goes through as it comes, and once more from the start", () => {
    const { source, body, first } = begun(10);
    source.send("abc");
    assert.equal(first.text, "abc");
    source.send("def");
    source.end();
    const second = new Receiver();
    body.reader().readBody(second);
    assert.deepEqual([first.text, second.text], ["abcdef|", "abcdef|"]);
  });

  test("reaches a second reader while it comes, both in full", () => {
    const { source, body, first } = begun(10);
    source.send("abc");
    const second = new Receiver();
    body.reader().readBody(second);
    source.send("def");
    source.end();
    assert.deepEqual([first.text, second.text], ["abcdef|", "abcdef|"]);
  });

  test("goes on to its reader past the bound, and to nobody else", () => {
    const { source, body, first } = begun(4);
    source.send("abc");
    assert.equal(body.isRepeatable, true);
    source.send("def");
    assert.equal(body.isRepeatable, false);
    source.end();
    assert.equal(first.text, "abcdef|");
  });

  test("waits at the bound while nobody reads it, and is whole for the next reader", () => {
    const source = new Source();
    const body = new ReplayableBody(source, 4);
    const reader = body.reader();
    reader.readBody(new Receiver());
    source.send("abc");
    reader.leave();
    source.send("def");
    assert.equal(source.isPaused, true);
    assert.equal(body.isRepeatable, true);
    const second = new Receiver();
    body.reader().readBody(second);
    assert.equal(source.isPaused, false);
    source.send("g");
    source.end();
    assert.equal(second.text, "abcdefg|");
    assert.equal(body.isRepeatable, false);
  });

  test("comes as slowly as its slowest reader, and no slower when that one leaves", () => {
    const { source, body } = begun(10);
    const second = body.reader();
    second.readBody(new Receiver());
    second.pauseBody();
    assert.equal(source.isPaused, true);
    second.leave();
    assert.equal(source.isPaused, false);
  });

  test("can be withdrawn from a reader that got nothing, and from no other (F10)", () => {
    const { source, body } = begun(10);
    const reader = body.reader();
    assert.equal(reader.withdrawBody(), true);
    const other = body.reader();
    other.readBody(new Receiver());
    source.send("a");
    assert.equal(other.withdrawBody(), false);
  });

  test("that is empty counts as read once its end was told", () => {
    const { source, body } = begun(10);
    const reader = body.reader();
    reader.readBody(new Receiver());
    source.end();
    assert.equal(reader.withdrawBody(), false);
  });
});
