import assert from "node:assert/strict";
import { test } from "node:test";

import { addressList } from "./addresses.ts";

function has(entry: string, address: string): boolean {
  return addressList([entry], "allow").has(address);
}

test("finds single addresses and ranges of both versions", () => {
  assert.equal(has("192.0.2.1", "192.0.2.1"), true);
  assert.equal(has("192.0.2.1", "192.0.2.2"), false);
  assert.equal(has("10.0.0.0/8", "10.255.0.1"), true);
  assert.equal(has("10.0.0.0/8", "11.0.0.1"), false);
  assert.equal(has("192.0.2.128/25", "192.0.2.127"), false);
  assert.equal(has("192.0.2.128/25", "192.0.2.200"), true);
  assert.equal(has("0.0.0.0/0", "198.51.100.7"), true);
  assert.equal(has("2001:db8::/33", "2001:db8:7fff::1"), true);
  assert.equal(has("2001:db8::/33", "2001:db8:8000::1"), false);
  assert.equal(has("::/0", "198.51.100.7"), false);
  assert.equal(has("0.0.0.0/0", "::1"), false);
});

test("R2: compares numbers, not texts", () => {
  assert.equal(has("127.0.0.1", "::ffff:7f00:1"), true);
  assert.equal(has("::ffff:127.0.0.1", "127.0.0.1"), true);
  assert.equal(has("::ffff:10.0.0.0/104", "10.1.2.3"), true);
  assert.equal(has("::1", "0:0::1"), true);
  assert.equal(has("2001:db8::a", "2001:0DB8:0:0:0:0:0:000A"), true);
  assert.equal(has("fe80::1", "fe80::1%eth0"), true);
});

test("takes no odd writing for an address", () => {
  for (const entry of [
    "127.1",
    "0177.0.0.1",
    "0x7f000001",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/8/8",
    "a",
    "",
    "10.0.0.0/",
  ]) {
    assert.throws(() => addressList(["::1", entry], "deny"), {
      name: "ConfigError",
      message: /deny\[1\]/,
    });
  }
  assert.equal(has("0.0.0.0/0", "unknown"), false);
});
