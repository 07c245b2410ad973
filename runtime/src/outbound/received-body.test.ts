import assert from "node:assert/strict";
import { test } from "node:test";
import { ReceivedBody } from "./received-body.ts";

const always = (): boolean => true;

test("pieces make up the body, and may be used again afterwards", () => {
  const body = new ReceivedBody(100_000, always);
  const piece = Buffer.from("ab");
  for (let at = 0; at < 10_000; at++) assert.equal(body.add(piece), undefined);
  piece.fill("x");
  assert.ok(body.bytes().equals(Buffer.from("ab".repeat(10_000))));
});

test("a body up to the limit is taken, and nothing beyond it", () => {
  const body = new ReceivedBody(5, always);
  assert.equal(body.add(Buffer.from("12345")), undefined);
  assert.equal(body.add(Buffer.alloc(0)), undefined);
  assert.equal(body.add(Buffer.from("6")), "too_large");
  assert.equal(body.bytes().toString(), "12345");
});

test("memory is asked for before it is used, and little more than is needed", () => {
  let held = 0;
  const body = new ReceivedBody(1_000_000, (bytes) => (held += bytes) <= 20_000);
  for (let at = 0; at < 9; at++) assert.equal(body.add(Buffer.alloc(1000)), undefined);
  assert.ok(held >= 9000 && held <= 18_000, String(held));
  assert.equal(body.add(Buffer.alloc(15_000)), "too_much_held");
});
