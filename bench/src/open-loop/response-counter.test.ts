import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseCounter } from "./response-counter.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 5\r\n\r\nhello";

test("finds the end of an answer wherever its bytes are cut", () => {
  const bytes = Buffer.from(ANSWER + ANSWER);
  for (let at = 1; at < bytes.length; at++) {
    const counter = new ResponseCounter();
    const found = [counter.push(bytes.subarray(0, at)), counter.push(bytes.subarray(at))];
    const first = at < ANSWER.length ? 0 : 1;
    assert.deepEqual(found, [first, 2 - first], `cut at ${at}`);
  }
});

test("finds the end of an answer that comes byte by byte", () => {
  const counter = new ResponseCounter();
  const ends = [...Buffer.from(ANSWER)].map((byte) => counter.push(Buffer.from([byte])));
  assert.deepEqual(ends.indexOf(1), ANSWER.length - 1);
});

test("ends an answer without body at its head, whatever the case of the name", () => {
  assert.equal(
    new ResponseCounter().push(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n")),
    1,
  );
});

test("counts answers that are not 2xx", () => {
  const counter = new ResponseCounter();
  counter.push(Buffer.from(`${ANSWER}HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n`));
  assert.equal(counter.statusErrors, 1);
});

test("refuses an answer whose end it cannot know", () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  assert.throws(() => new ResponseCounter().push(Buffer.from(chunked)), /Content-Length/);
});
