// That the host functions give what the SDK's own tests prove right, within their limits.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { Fault, HashAlgorithm } from "@sluice/plugin-sdk/abi";
import { cryptoFunctions } from "./crypto-functions.ts";
import { TestGuest } from "./host-functions.testing.ts";

const { sha256 } = HashAlgorithm;
const KEY = JSON.stringify({ secret: "a secret" });

describe("cryptography for guests", () => {
  const guest = new TestGuest();
  const functions = cryptoFunctions(guest.options);

  test("gives digests and MACs as bytes", () => {
    const [buffer] = guest.result;
    const length = functions.digest(0, sha256, ...guest.text("abc"), buffer, 32);
    const bytes = guest.options.memory.bytes(buffer, length);
    assert.equal(bytes.toString("hex"), createHash("sha256").update("abc").digest("hex"));
    functions.hmac(0, sha256, ...guest.text("key"), ...guest.text("abc"), buffer, 32);
    const mac = createHmac("sha256", "key").update("abc").digest("hex");
    assert.equal(guest.options.memory.bytes(buffer, 32).toString("hex"), mac);
  });

  test("writes nothing that does not fit, and knows no other algorithms", () => {
    const [buffer] = guest.result;
    guest.options.memory.bytes(buffer, 32).fill(7);
    assert.equal(functions.digest(0, sha256, ...guest.text("abc"), buffer, 31), 32);
    assert.equal(guest.options.memory.bytes(buffer, 1)[0], 7);
    assert.equal(functions.digest(0, 9, ...guest.text("abc"), buffer, 32), Fault.badValue);
    assert.equal(functions.hmac(0, 0, ...guest.text("k"), 64, 1, buffer, 32), Fault.badValue);
  });

  test("compares bytes", () => {
    const [left, length] = guest.text("same");
    assert.equal(functions.bytes_equal(0, left, length, ...guest.text("same")), 1);
    assert.equal(functions.bytes_equal(0, left, length, ...guest.text("sane")), 0);
    assert.equal(functions.bytes_equal(0, left, length, ...guest.text("sam")), 0);
  });

  test("refuses pointers that are not in the memory", () => {
    assert.throws(() => functions.digest(0, sha256, 4 * 65_536 - 1, 2, 0, 0), RangeError);
    assert.throws(() => functions.bytes_equal(0, 0, 4, -1, 4), RangeError);
  });

  test("signs and verifies tokens", () => {
    const options = '{"algorithm":"HS256"}';
    const signed = guest.read(
      functions.jwt_sign(
        0,
        ...guest.text('{"sub":"me"}'),
        ...guest.text(KEY),
        ...guest.text(options),
        ...guest.result,
      ),
    );
    const { token } = JSON.parse(String(signed)) as { token: string };
    const verify = (text: string): unknown =>
      JSON.parse(
        String(
          guest.read(
            functions.jwt_verify(
              0,
              ...guest.text(text),
              ...guest.text(KEY),
              ...guest.text('{"algorithms":["HS256"]}'),
              ...guest.result,
            ),
          ),
        ),
      );
    const header = { alg: "HS256", typ: "JWT" };
    assert.deepEqual(verify(token), { valid: true, header, payload: { sub: "me" } });
    assert.deepEqual(verify(`${token}=`), { valid: false, reason: "malformed" });
  });

  test("takes no keys, options or claims without a bound", () => {
    const { jwt_verify: verify, jwt_sign: sign } = functions;
    assert.equal(verify(0, 64, 1, 64, 262_145, 64, 1, ...guest.result), Fault.limit);
    assert.equal(verify(0, 64, 1, 64, 1, 64, 16_385, ...guest.result), Fault.limit);
    assert.equal(sign(0, 64, 16_385, 64, 1, 64, 1, ...guest.result), Fault.limit);
  });
});
