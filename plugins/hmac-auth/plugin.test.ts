import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeExchange, FakeRequestInit } from "@sluice/plugin-sdk/testing";

import { isBodyDigest } from "./body-digest.ts";
import { DATE_HEADERS, isWithinSkew } from "./date.ts";
import hmacAuth from "./plugin.ts";
import { readSignature } from "./signature-header.ts";
import { signatureOf } from "./signing-string.ts";

const ALICE = {
  id: "alice-id",
  username: "alice",
  credentials: [
    {
      id: "c-1",
      collection: "hmacauth_credentials",
      key: "al",
      identifier: "al",
      fields: { username: "al", secret: "s3cret" },
    },
  ],
};
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const DATE = "Fri, 02 Jan 2026 03:04:05 GMT";

function handle(
  config: ConfigInput<typeof hmacAuth>,
  request: FakeRequestInit,
): Promise<FakeExchange> {
  const gateway = new FakeGateway({ consumers: [ALICE], nowMs: NOW });
  return gateway.handle(gateway.configure(hmacAuth, config), request);
}

function requestWith(headers: Record<string, string>) {
  return new FakeGateway().begin({ headers, path: "/a", query: "b=c" }).request;
}

test("states Kong's name, priority and defaults", () => {
  const { manifest } = hmacAuth;
  assert.deepEqual([manifest.name, manifest.priority], ["hmac-auth", 1030]);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    hide_credentials: false,
    clock_skew: 300,
    run_on_preflight: true,
    validate_request_body: false,
    enforce_headers: [],
    algorithms: ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"],
  });
});

test("reads the scheme's parameters in any order", () => {
  const all = 'username="al",algorithm="hmac-sha1", headers="Date host" , signature="a="';
  assert.deepEqual(readSignature(`hmac ${all}`), {
    username: "al",
    algorithm: "hmac-sha1",
    headers: ["date", "host"],
    signature: "a=",
  });
  const reversed = all.split(",").toReversed().join(",");
  assert.deepEqual(readSignature(`HMAC ${reversed}`), readSignature(`hmac ${all}`));
});

test("reads nothing that is not well-formed", () => {
  const good = 'username="al", algorithm="hmac-sha1", headers="date", signature="a="';
  for (const value of [
    "",
    "hmac",
    "Basic abc",
    `hmac ${good} x`,
    `hmac ${good}, username="bob"`,
    `hmac x ${good}`,
    `hmac ${good.replace("sha1", "md5")}`,
    `hmac ${good.replace('"al"', '""')}`,
    `hmac ${good.replace('"al"', "al")}`,
    `hmac ${good.replace('"date"', '"date  host"')}`,
    `hmac ${good.replace('"date"', `"${"date ".repeat(70)}date"`)}`,
  ]) {
    assert.equal(readSignature(value), undefined, value);
  }
});

test("signs a line for each header, in bytes", () => {
  const request = requestWith({ date: DATE, "x-b": "\xe4", host: "h" });
  const headers = ["date", "request-line", "@request-target", "x-b", "x-none"];
  const text = `date: ${DATE}\nGET /a?b=c HTTP/1.1\n@request-target: get /a?b=c\nx-b: \xe4\nx-none:`;
  const expected = createHmac("sha384", "k").update(Buffer.from(text, "latin1")).digest("base64");
  assert.equal(signatureOf(request, { algorithm: "hmac-sha384", headers }, "k"), expected);
});

test("takes dates that are near enough, in the form that senders must use", () => {
  const within = (headers: Record<string, string>, skewS = 60): boolean =>
    isWithinSkew(requestWith(headers), DATE_HEADERS, skewS, NOW);
  assert.equal(within({ date: DATE }), true);
  assert.equal(within({ "x-date": DATE, date: "no date" }), true);
  assert.equal(within({ date: "Fri, 02 Jan 2026 03:03:05 GMT" }), true);
  assert.equal(within({ date: "Fri, 02 Jan 2026 03:03:04 GMT" }), false);
  assert.equal(within({ date: "Fri, 02 Jan 2026 03:05:06 GMT" }), false);
  for (const date of ["", "2026-01-02T03:04:05Z", "Fri, 32 Jan 2026 03:04:05 GMT", "1767323045"]) {
    assert.equal(within({ date }), false, date);
  }
});

test("compares a body with its digest", () => {
  const body = Buffer.from("hello");
  const digest = "SHA-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
  assert.equal(isBodyDigest([digest], body), true);
  assert.equal(isBodyDigest([digest.toLowerCase()], body), false);
  assert.equal(isBodyDigest([digest, digest], body), false);
  assert.equal(isBodyDigest([digest.replace("SHA-256", "MD5")], body), false);
  assert.equal(isBodyDigest([], body), false);
  assert.equal(isBodyDigest([], new Uint8Array(0)), true);
});

test("authenticates by the signature, and hides it when told to", async () => {
  const text = `date: ${DATE}`;
  const signature = createHmac("sha1", "s3cret").update(text).digest("base64");
  const authorization = `hmac username="al", algorithm="hmac-sha1", headers="date", signature="${signature}"`;
  const request = { headers: { date: DATE, authorization } };
  const passed = await handle({ hide_credentials: true }, request);
  assert.equal(passed.consumers.current?.id, "alice-id");
  assert.equal(passed.request.header("authorization"), undefined);
  const refused = await handle({ enforce_headers: ["Host"], realm: "r" }, request);
  assert.equal(refused.response.status, 401);
  assert.equal(refused.response.header("www-authenticate"), 'hmac realm="r"');
});
