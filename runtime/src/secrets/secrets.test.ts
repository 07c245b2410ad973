import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { maskSecrets } from "./mask.ts";
import { EnvironmentVault } from "./vault.ts";

describe("the env vault", () => {
  const vault = new EnvironmentVault({ JWT_KEY: "k", EMPTY: "", "odd.name": "x" });

  test("finds a variable by Kong's rule", () => {
    assert.equal(vault.get("vault://env/jwt-key"), "k");
    assert.equal(vault.get("vault://env/JWT_KEY"), "k");
  });

  test("has nothing for what is not set, empty or no reference", () => {
    const names = ["vault://env/other", "vault://env/empty", "vault://env/odd.name", "jwt-key"];
    for (const name of [...names, "{vault://env/jwt-key}", "vault://aws/jwt-key", ""]) {
      assert.equal(vault.get(name), undefined, name);
    }
  });
});

describe("a text that is shown", () => {
  test("has the reference where it would have a secret", () => {
    const written = { a: ["plain", "{vault://env/k}"], b: { c: 1 } };
    const withSecrets = { a: ["plain", "s$&cret"], b: { c: 1 } };
    assert.equal(
      maskSecrets("plain s$&cret, s$&cret", written, withSecrets),
      "plain {vault://env/k}, {vault://env/k}",
    );
  });
});
