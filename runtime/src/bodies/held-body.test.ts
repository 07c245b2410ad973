import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HeldBody } from "./held-body.ts";
import type { TellBody } from "./held-body.ts";

function asking(): { readonly tell: TellBody; readonly told: string[] } {
  const told: string[] = [];
  const tell: TellBody = (outcome) => {
    told.push(outcome.kind === "whole" ? outcome.bytes.toString() : outcome.kind);
  };
  return { tell, told };
}

describe("a held body", () => {
  test("is told whole to everybody who asked, before and after its end", () => {
    const body = new HeldBody();
    const early = asking();
    body.ask(10, early.tell);
    body.add(Buffer.from("ab"));
    body.add(Buffer.from("c"));
    assert.deepEqual(early.told, []);
    body.end(undefined);
    const late = asking();
    body.ask(3, late.tell);
    assert.deepEqual([...early.told, ...late.told], ["abc", "abc"]);
    assert.equal(body.isAwaited, false);
  });

  test("keeps its bytes when the sender uses its buffer again", () => {
    const body = new HeldBody();
    const buffer = Buffer.from("ab");
    body.add(buffer);
    buffer.fill("x");
    assert.equal(Buffer.concat(body.pieces).toString(), "ab");
  });

  test("is too large for who takes less, and still comes to who takes more", () => {
    const body = new HeldBody();
    const small = asking();
    const large = asking();
    body.ask(2, small.tell);
    body.ask(3, large.tell);
    body.add(Buffer.from("abc"));
    assert.deepEqual(small.told, ["too_large"]);
    assert.equal(body.isAwaited, true);
    const late = asking();
    body.ask(2, late.tell);
    assert.deepEqual(late.told, ["too_large"]);
    body.end(undefined);
    assert.deepEqual(large.told, ["abc"]);
  });

  test("of exactly the size that is taken is not too large", () => {
    const body = new HeldBody();
    const { tell, told } = asking();
    body.ask(3, tell);
    body.add(Buffer.from("abc"));
    body.end(undefined);
    assert.deepEqual(told, ["abc"]);
  });

  test("may be empty", () => {
    const body = new HeldBody();
    const { tell, told } = asking();
    body.ask(0, tell);
    body.end(undefined);
    assert.deepEqual(told, [""]);
  });

  test("that was replaced is the new one, without the trailers of the old", () => {
    const body = new HeldBody();
    body.add(Buffer.from("old"));
    body.replace(Buffer.from("newer"));
    const { tell, told } = asking();
    body.ask(5, tell);
    assert.deepEqual(told, ["newer"]);
    assert.equal(body.size, 5);
    assert.equal(body.trailers, undefined);
  });

  test("that will not become whole is told as gone, once", () => {
    const body = new HeldBody();
    const { tell, told } = asking();
    body.ask(5, tell);
    body.abandon();
    body.end(undefined);
    assert.deepEqual(told, ["gone"]);
  });
});
