import assert from "node:assert/strict";
import { test } from "node:test";
import { HashAlgorithm } from "../abi.ts";
import { areEqual, digestOf, hmacOf } from "./digests.ts";

const abc = Buffer.from("abc");

test("digests are those of FIPS 180-4 and RFC 1321", () => {
  const expected = {
    [HashAlgorithm.sha256]: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    [HashAlgorithm.sha384]:
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    [HashAlgorithm.sha512]:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    [HashAlgorithm.sha1]: "a9993e364706816aba3e25717850c26c9cd0d89d",
    [HashAlgorithm.md5]: "900150983cd24fb0d6963f7d28e17f72",
  };
  for (const [algorithm, hex] of Object.entries(expected)) {
    assert.equal(digestOf(Number(algorithm), abc)?.toString("hex"), hex);
  }
  assert.equal(digestOf(6, abc), undefined);
});

test("HMACs are those of RFC 4231", () => {
  const mac = hmacOf(
    HashAlgorithm.sha256,
    Buffer.from("Jefe"),
    Buffer.from("what do ya want for nothing?"),
  );
  assert.equal(
    mac?.toString("hex"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  assert.equal(hmacOf(0, abc, abc), undefined);
});

test("bytes are equal when all of them are", () => {
  assert.equal(areEqual(abc, Buffer.from("abc")), true);
  assert.equal(areEqual(abc, Buffer.from("abd")), false);
  assert.equal(areEqual(abc, Buffer.from("ab")), false);
  assert.equal(areEqual(Buffer.alloc(0), Buffer.alloc(0)), true);
});
