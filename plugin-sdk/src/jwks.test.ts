// Against a fake host: a fetch that the test answers, and a clock that it moves.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { JwtKeyCache, verifyJwt } from "./crypto/index.ts";
import type { FetchInit, FetchResponse } from "./fetch-types.ts";
import { jwks } from "./jwks.ts";
import type { JwksOptions, JwksSource } from "./jwks.ts";
import { setModuleHost } from "./module-host.ts";
import type { ModuleHost } from "./module-host.ts";

const URL_OF_KEYS = "https://issuer.test/keys";
const START_MS = Date.UTC(2026, 0, 1);

/** What the issuer answers; each fetch takes its turn when the test lets it. */
class Issuer {
  kids: readonly string[] = ["one"];
  status = 200;
  body: string | undefined;
  error: Error | undefined;
  readonly fetches: FetchInit[] = [];
  #held: (() => void)[] | undefined;

  hold(): void {
    this.#held = [];
  }

  release(): void {
    for (const go of this.#held ?? []) go();
    this.#held = undefined;
  }

  readonly fetch: ModuleHost["fetch"] = async (url, init = {}) => {
    assert.equal(String(url), URL_OF_KEYS);
    this.fetches.push(init);
    if (this.#held !== undefined) await new Promise<void>((go) => this.#held?.push(go));
    if (this.error !== undefined) throw this.error;
    const keys = this.kids.map((kid) => ({ kty: "oct", kid, k: secretOf(kid) }));
    const text = this.body ?? JSON.stringify({ keys });
    return { status: this.status, text: () => text } as FetchResponse; // All that is asked of it.
  };
}

function secretOf(kid: string): string {
  return Buffer.from(`the secret of ${kid}`).toString("base64url");
}

function tokenOf(kid: string, signedBy: string = kid): string {
  const [header, payload] = [{ alg: "HS256", kid }, { sub: "me" }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const key = Buffer.from(secretOf(signedBy), "base64url");
  const mac = createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url");
  return `${header}.${payload}.${mac}`;
}

let issuer: Issuer;
let nowMs = START_MS;
const realNow = Date.now;

beforeEach(() => {
  issuer = new Issuer();
  nowMs = START_MS;
  Date.now = () => nowMs;
  const cache = new JwtKeyCache();
  const host: Pick<ModuleHost, "fetch" | "jwtVerify"> = {
    fetch: issuer.fetch,
    jwtVerify: (token, keys, options) =>
      JSON.stringify(verifyJwt({ token, keys, options }, cache, nowMs)),
  };
  setModuleHost(host as ModuleHost); // The rest is not asked for.
});
afterEach(() => {
  Date.now = realNow;
});

function source(options: JwksOptions = {}): JwksSource {
  return jwks(URL_OF_KEYS, options);
}

async function verdict(keys: JwksSource, kid: string, signedBy?: string): Promise<string> {
  const result = await keys.verify(tokenOf(kid, signedBy), { algorithms: ["HS256"] });
  return result.valid ? "valid" : result.reason;
}

describe("keys of an issuer", () => {
  test("are fetched once for many tokens at a time, and kept", async () => {
    const keys = source();
    issuer.hold();
    const outcomes = Promise.all(Array.from({ length: 20 }, () => verdict(keys, "one")));
    issuer.release();
    assert.deepEqual(new Set(await outcomes), new Set(["valid"]));
    nowMs += 599_000;
    assert.equal(await verdict(keys, "one"), "valid");
    assert.equal(await verdict(keys, "one", "two"), "bad_signature");
    assert.equal(issuer.fetches.length, 1);
  });

  test("J10 are asked for within limits, and redirects are not followed", async () => {
    await verdict(source({ timeoutMs: 700 }), "one");
    assert.deepEqual(issuer.fetches, [{ redirect: "error", timeoutMs: 700, maxBytes: 262_144 }]);
  });

  test("are fetched again for a token with a new key", async () => {
    const keys = source();
    assert.equal(await verdict(keys, "one"), "valid");
    issuer.kids = ["one", "two"];
    nowMs += 30_000;
    assert.equal(await verdict(keys, "two"), "valid");
    assert.equal(issuer.fetches.length, 2);
  });

  test("J11 are fetched once in the cooldown, however many unknown keys there are", async () => {
    const keys = source({ cooldownMs: 30_000 });
    for (let n = 0; n < 50; n++) assert.equal(await verdict(keys, `unknown ${n}`), "unknown_key");
    assert.equal(issuer.fetches.length, 1);
    nowMs += 30_000;
    const flood = Array.from({ length: 50 }, (_, n) => verdict(keys, `unknown ${n}`));
    assert.deepEqual(new Set(await Promise.all(flood)), new Set(["unknown_key"]));
    assert.equal(issuer.fetches.length, 2);
  });

  test("serve on while newer ones are fetched", async () => {
    const keys = source({ cacheMs: 1000 });
    await verdict(keys, "one");
    nowMs += 1000;
    issuer.kids = ["two"];
    issuer.hold();
    assert.equal(await verdict(keys, "one"), "valid");
    const waiting = verdict(keys, "two");
    issuer.release();
    assert.equal(await waiting, "valid");
    assert.equal(await verdict(keys, "one"), "unknown_key");
    assert.equal(issuer.fetches.length, 2);
  });

  test("J10 stay when the issuer fails, for as long as they may", async () => {
    const keys = source({ cacheMs: 1000, maxStaleMs: 5000 });
    await verdict(keys, "one");
    issuer.error = new Error("down");
    for (let second = 0; second < 5; second++) {
      nowMs += 1000;
      assert.equal(await verdict(keys, "one"), "valid");
    }
    nowMs += 1000;
    await assert.rejects(verdict(keys, "one"), /down/);
    issuer.error = undefined;
    nowMs += 1000;
    assert.equal(await verdict(keys, "one"), "valid");
  });

  test("that never came are asked for again after a second, not by each request", async () => {
    const keys = source();
    issuer.error = new Error("down");
    for (let n = 0; n < 10; n++) await assert.rejects(verdict(keys, "one"), /down/);
    assert.equal(issuer.fetches.length, 1);
    issuer.error = undefined;
    nowMs += 1000;
    assert.equal(await verdict(keys, "one"), "valid");
  });

  for (const [body, status, message] of [
    ["{", 200, /not JSON/],
    ["<html>", 200, /not JSON/],
    ["[]", 200, /no set of keys/],
    ['{"keys":5}', 200, /no set of keys/],
    ['{"keys":[]}', 500, /status 500/],
    ['{"keys":[]}', 302, /status 302/],
  ] as const) {
    test(`J10 are not taken from ${body} with ${status}`, async () => {
      Object.assign(issuer, { body, status });
      await assert.rejects(verdict(source(), "one"), message);
    });
  }
});
