import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import { TrustedKeys, sha256Of } from "./trusted-keys.ts";

const BYTES = Buffer.from("a module");
const PEM = {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
} as const;
const one = generateKeyPairSync("ed25519", PEM);
const other = generateKeyPairSync("ed25519", PEM);
const signature = sign(null, BYTES, one.privateKey).toString("base64");

describe("trusted keys", () => {
  test("take what one of them has signed", () => {
    assert.equal(new TrustedKeys([one.publicKey]).refusal(BYTES, signature), undefined);
    const both = new TrustedKeys([other.publicKey, one.publicKey]);
    assert.equal(both.refusal(BYTES, signature), undefined);
  });

  test("refuse what none of them has signed, and other bytes", () => {
    const keys = new TrustedKeys([one.publicKey]);
    assert.match(keys.refusal(BYTES, undefined) ?? "", /^it has no signature/);
    const strangers = sign(null, BYTES, other.privateKey).toString("base64");
    const flipped = Buffer.from(BYTES);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    for (const [bytes, text] of [
      [BYTES, strangers],
      [flipped, signature],
      [BYTES, ""],
      [BYTES, signature.slice(0, 20)],
      [BYTES, `${signature}AAAA`],
    ] as const) {
      assert.match(keys.refusal(bytes, text) ?? "", /of none of the keys/);
    }
  });

  test("take anything when there are none", () => {
    assert.equal(new TrustedKeys([]).refusal(BYTES, undefined), undefined);
  });

  test("are public Ed25519 keys, and no error shows another", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024, ...PEM }).publicKey;
    const wrong: readonly (readonly [string, string])[] = [
      [one.privateKey, "expected a public key, got a private one"],
      [rsa, "expected an Ed25519 key"],
      ["no key", "expected a public key in PEM form"],
    ];
    for (const [pem, message] of wrong) {
      assert.throws(() => new TrustedKeys([pem]), { message });
    }
  });

  test("know nothing of a hash but its hex form", () => {
    assert.equal(
      sha256Of(new Uint8Array()),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });
});
