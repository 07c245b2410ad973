import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesOfLatin1, latin1Of } from "../parts/latin1.ts";
import { boundaryOf, parseMultipart } from "./multipart.ts";

const BODY = [
  "--B",
  'Content-Disposition: form-data; name="a"',
  "",
  "1",
  "--B",
  'Content-Disposition: form-data; name="file"; filename="f.bin"',
  "Content-Type: application/octet-stream",
  "",
  "\x00\xff\r\n\r\n-- name=x",
  "--B--",
  "",
].join("\r\n");

test("reads the boundary of a Content-Type", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=abc"), "abc");
  assert.equal(boundaryOf('multipart/form-data; Boundary="a b"; x=1'), "a b");
  assert.equal(boundaryOf("multipart/form-data"), undefined);
});

test("changes fields and leaves files as they are", () => {
  const form = parseMultipart(BODY, "B");
  assert.ok(form !== undefined);
  assert.equal(form.toString(), BODY);
  assert.equal(form.has("file"), true);
  form.rename("file", 'new "file"');
  form.remove("a");
  form.set("b", "zwölf");
  const text = form.toString();
  assert.match(text, /name="new %22file%22"; filename="f\.bin"\r\n/);
  assert.ok(text.includes("\x00\xff\r\n\r\n-- name=x\r\n--B"));
  assert.ok(
    text.endsWith(
      '--B\r\nContent-Disposition: form-data; name="b"\r\n\r\nzw\xc3\xb6lf\r\n--B--\r\n',
    ),
  );
  assert.equal(form.has("a"), false);
});

test("a value cannot begin a part", () => {
  const form = parseMultipart(BODY, "B");
  for (const value of ["x\r\n--B\r\n", "--B--"]) {
    assert.throws(() => form?.set("b", value), { name: "HttpError", status: 400 });
  }
});

test("what is not made of parts is none", () => {
  for (const body of ["", "x", "--B", "--B\r\nx", "--Bx\r\n--B--"]) {
    assert.equal(parseMultipart(body, "B"), undefined, body);
  }
});

test("bytes and characters stand for each other", () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, at) => at % 256);
  assert.equal(Buffer.compare(bytesOfLatin1(latin1Of(bytes)), bytes), 0);
});
