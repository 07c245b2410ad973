// What a token must be, and what it must claim. The row's id of the threat list stands in front of a name.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NOW_S, tokenOf, verdict } from "./jwt.testing.ts";

describe("what is not exactly a token", () => {
  const [header = "", payload = "", signature = ""] = tokenOf().split(".");
  const cases: Record<string, string> = {
    "J8 nothing": "",
    "J8 one part": header,
    "J8 two parts": `${header}.${payload}`,
    "J8 four parts": `${header}.${payload}.${signature}.`,
    "J8 five parts, as an encrypted one": `${header}.${payload}.${signature}.${payload}.${signature}`,
    "J9 padding": `${header}.${payload}.${signature}=`,
    "J9 a space": `${header}.${payload}.${signature} `,
    "J9 a line break": `${header}.${payload}\n.${signature}`,
    "J9 the other alphabet": `${header}.${payload}.${"+".repeat(signature.length)}`,
    "J9 loose bits at the end": `${header}.${payload}.${signature.slice(0, -1)}${nextLetter(signature)}`,
    "J8 more than 16 KiB": tokenOf({ claims: { text: "x".repeat(16_384) } }),
  };
  for (const [name, token] of Object.entries(cases)) {
    test(`${name} is malformed`, () => assert.equal(verdict(token), "malformed"));
  }

  for (const payloadText of ['"text"', "5", "null", "[]", "", "{", '{"a":1,"a":2}', "\ufeff{}"]) {
    test(`J8 a payload of ${JSON.stringify(payloadText)} is malformed`, () => {
      assert.equal(verdict(tokenOf({ payloadText })), "malformed");
    });
  }

  test("J8 a claim or header that is there twice is malformed, however it is written", () => {
    assert.equal(verdict(tokenOf({ payloadText: '{"sub":"a","s\\u0075b":"b"}' })), "malformed");
    assert.equal(verdict(tokenOf({ headerText: '{"alg":"none","alg":"HS256"}' })), "malformed");
    assert.equal(
      verdict(tokenOf({ payloadText: '{"a":{"b":":","c":[{"d":1}]},"e":"\\":"}' })),
      "valid",
    );
  });

  test("bytes that are no UTF-8 are malformed", () => {
    const payloadPart = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString(
      "base64url",
    );
    assert.equal(verdict(`${header}.${payloadPart}.${signature}`), "bad_signature");
    const latin1 = Buffer.from('{"alg":"HS256","x":"\xff"}', "latin1").toString("base64url");
    assert.equal(verdict(`${latin1}.${payload}.${signature}`), "malformed");
  });

  for (const more of [
    { crit: ["exp"] },
    { crit: [] },
    { b64: false },
    { crit: ["b64"], b64: true },
    { zip: "DEF" },
  ]) {
    test(`J7 a header with ${JSON.stringify(more)} is refused`, () => {
      assert.equal(verdict(tokenOf({ header: more })), "unsupported_header");
    });
  }
});

/** Another letter of base64url that stands for the same bytes at a signature's end: HS256 leaves two bits. */
function nextLetter(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(signature.at(-1) ?? "A") + 1] ?? "B";
}

describe("claims", () => {
  const check = (claims: object, options: object = {}): string =>
    verdict(tokenOf({ claims }), { options });

  test("of time are exact to the second, or to the skew", () => {
    assert.equal(check({ exp: NOW_S + 1 }), "valid");
    assert.equal(check({ exp: NOW_S }), "expired");
    assert.equal(check({ exp: NOW_S - 60 }, { clock_skew_s: 60 }), "expired");
    assert.equal(check({ exp: NOW_S - 59.5 }, { clock_skew_s: 60 }), "valid");
    assert.equal(check({ nbf: NOW_S }), "valid");
    assert.equal(check({ nbf: NOW_S + 1 }), "not_yet_valid");
    assert.equal(check({ nbf: NOW_S + 60 }, { clock_skew_s: 60 }), "valid");
    assert.equal(check({ iat: NOW_S + 1 }), "issued_in_future");
    assert.equal(check({ iat: NOW_S + 60 }, { clock_skew_s: 60 }), "valid");
  });

  for (const claim of ["exp", "nbf", "iat"]) {
    for (const value of ["1800000000", null, true, [], {}]) {
      test(`J6 ${claim} of ${JSON.stringify(value)} is refused`, () => {
        assert.equal(check({ [claim]: value }), "bad_claim");
      });
    }
    test(`J6 ${claim} beyond all numbers is refused`, () => {
      assert.equal(verdict(tokenOf({ payloadText: `{"${claim}":1e999}` })), "bad_claim");
    });
  }

  test("J6 far and negative times mean what they say", () => {
    assert.equal(check({ exp: -1 }), "expired");
    assert.equal(check({ exp: 2 ** 53, nbf: -1, iat: 0 }), "valid");
  });

  test("iss must be one of the issuers", () => {
    assert.equal(check({ iss: "a" }, { issuer: "a" }), "valid");
    assert.equal(check({ iss: "b" }, { issuer: ["a", "b"] }), "valid");
    for (const iss of ["A", ["a"], null, undefined]) {
      assert.equal(check({ iss }, { issuer: "a" }), "wrong_issuer");
    }
  });

  test("aud must name one of the audiences", () => {
    assert.equal(check({ aud: "a" }, { audience: "a" }), "valid");
    assert.equal(check({ aud: ["x", "b"] }, { audience: ["a", "b"] }), "valid");
    for (const aud of ["x", ["x"], [["a"]], {}, undefined]) {
      assert.equal(check({ aud }, { audience: "a" }), "wrong_audience");
    }
  });

  test("that are required must be there", () => {
    assert.equal(check({ exp: NOW_S + 1 }, { required: ["exp"] }), "valid");
    assert.equal(check({}, { required: ["exp"] }), "missing_claim");
    assert.equal(check({}, { required: ["toString"] }), "missing_claim");
  });
});

describe("options", () => {
  test("that are misspelt or of a wrong type are errors, not wishes for nothing", () => {
    const faults: readonly (readonly [object, RegExp])[] = [
      [{ algorithms: [] }, /at least one/],
      [{ algorithms: "HS256" }, /at least one/],
      [{ algorithms: ["HS1"] }, /expected some of HS256/],
      [{ issuers: "a" }, /"issuers" is none of/],
      [{ issuer: 5 }, /issuer: expected/],
      [{ audience: [] }, /audience: expected/],
      [{ required: "exp" }, /required: expected/],
      [{ clock_skew_s: -1 }, /clock_skew_s: expected/],
      [{ clock_skew_s: "60" }, /clock_skew_s: expected/],
    ];
    for (const [options, message] of faults) assert.match(verdict(tokenOf(), { options }), message);
  });
});
