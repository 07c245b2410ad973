import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";

import { readCertificate } from "./certificate.ts";
import { BadDer, Tag, textOf } from "./der.ts";
import { readForwarded } from "./forwarded-certificate.ts";

// Made with openssl: C=DE, O=Acme, Inc., CN=alice, four alternative names, until 2125.
const ALICE =
  "MIIBfjCCATCgAwIBAgIBATAFBgMrZXAwMjELMAkGA1UEBhMCREUxEzARBgNVBAoMCkFjbWUsIEluYy4xDjAMBgNVBAMMBWFsaWNlMCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAwMDAwWjAyMQswCQYDVQQGEwJERTETMBEGA1UECgwKQWNtZSwgSW5jLjEOMAwGA1UEAwwFYWxpY2UwKjAFBgMrZXADIQAGTXQTjio+P2YUaw+kS1mXhdd2YQplKdPlLQf9FYPqBKNpMGcwRgYDVR0RBD8wPYINYWxpY2UuZXhhbXBsZYERYWxpY2VAZXhhbXBsZS5jb22GE3NwaWZmZTovL2FjbWUvYWxpY2WHBAoAAAEwHQYDVR0OBBYEFIOlqLwFEdHBReuP8sdfrGuEYVAXMAUGAytlcANBAFwMjpB4mldy8MxM8BpFlP6Z7djPBpdzFQAgZ0gAQD3b3fgS6Z+C4Us982e1HiSYYiAla3qOiNzWNgDvzD5SOwM=";
// CN=bob alone, in UTCTime.
const BOB =
  "MIHCMHYCAQMwBQYDK2VwMA4xDDAKBgNVBAMMA2JvYjAeFw0yNTAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMA4xDDAKBgNVBAMMA2JvYjAqMAUGAytlcAMhAGq13qv/ceU/7k6BcpaWUxhJkIxflGwXktsGywlQUUvqMAUGAytlcANBAMRj5noOMphVcaEIEt6K22qHmSwQE6CWWGZptl4db05OLKL+AoRCrlawaXJAyK3RzHPNA0v8ZkNdb180uOzxRQM=";

const der = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

test("reads what Node reads of a certificate", () => {
  for (const base64 of [ALICE, BOB]) {
    const known = new X509Certificate(Buffer.from(base64, "base64"));
    const subject = readCertificate(der(base64));
    const lines = known.subject.split("\n");
    assert.equal(`CN=${subject?.commonName}`, lines.at(-1));
    assert.equal(subject?.distinguishedName, lines.join(","));
    assert.equal(subject?.validity?.fromMs, Date.parse(known.validFrom));
    assert.equal(subject?.validity?.untilMs, Date.parse(known.validTo));
  }
  assert.deepEqual(readCertificate(der(ALICE))?.alternativeNames, [
    "alice.example",
    "alice@example.com",
    "spiffe://acme/alice",
  ]);
  assert.deepEqual(readCertificate(der(BOB))?.alternativeNames, []);
});

test("takes no part of a certificate for one, and never throws", () => {
  const bytes = der(ALICE);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(readCertificate(bytes.subarray(0, length)), undefined, String(length));
  }
  assert.equal(readCertificate(new Uint8Array([...bytes, 0])), undefined);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    for (const value of [0, 0x80, 0xff]) {
      changed[at] = value;
      readCertificate(changed);
    }
  }
});

test("takes no text that would be too long for the sandbox", () => {
  const content = new Uint8Array(100_000).fill(97);
  assert.throws(() => textOf({ tag: Tag.utf8String, content }), BadDer);
  assert.equal(textOf({ tag: 0x16, content: content.subarray(0, 3) }), "aaa");
  assert.equal(
    textOf({ tag: Tag.bmpString, content: new Uint8Array([1, 0x13, 0, 98]) }),
    "\u0113b",
  );
});

test("reads Client-Cert as RFC 9440 writes it, and nothing else in its place", () => {
  assert.equal(readForwarded(`:${ALICE}:`)?.commonName, "alice");
  for (const value of [
    ALICE,
    `:${ALICE}`,
    `:${ALICE}:, :${BOB}:`,
    "::",
    "",
    `:${ALICE}:\n:${BOB}:`,
  ]) {
    assert.equal(readForwarded(value)?.commonName, undefined, value.slice(0, 20));
  }
});

test("reads the last element of Envoy's header, whatever is in quotes", () => {
  for (const [value, commonName, alternativeNames] of [
    ['Subject="CN=a,O=b"', "a", []],
    ['Subject="O=b\\, CN=evil,CN=a"', "a", []],
    ['Subject="/C=DE/CN=a"', "a", []],
    ['Subject="CN=a\\\\"', "a\\", []],
    ["URI=spiffe://a;DNS=b;DNS=c;Hash=d", undefined, ["spiffe://a", "b", "c"]],
    ["URI=first,URI=last", undefined, ["last"]],
    ['By=x;Subject="CN=a;URI=evil,CN=z";URI=good', "a;URI=evil", ["good"]],
  ] as const) {
    const subject = readForwarded(value);
    assert.equal(subject?.commonName, commonName, value);
    assert.deepEqual(subject?.alternativeNames, alternativeNames, value);
  }
  for (const value of [
    'URI=forged;x=",By=gw;Subject="CN=a\\\\"',
    'URI=forged;x="a"b"',
    'Subject="CN=a',
    "Hash=a",
    "Subject=",
    "=",
    "CN=a;;",
    "a".repeat(40_000),
  ]) {
    assert.equal(readForwarded(value), undefined, value.slice(0, 20));
  }
});
