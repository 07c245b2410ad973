import assert from "node:assert/strict";
import { test } from "node:test";

import { networkOf } from "./ipv6-prefix.ts";

test("R1 addresses of one network are one", () => {
  const network = networkOf("2001:db8:1:2::1", 64);
  assert.equal(network, "2001:db8:1:2:0:0:0:0/64");
  for (const same of [
    "2001:db8:1:2:ffff:ffff:ffff:ffff",
    "2001:0DB8:0001:2::",
    "2001:db8:1:2::1%eth0",
  ])
    assert.equal(networkOf(same, 64), network, same);
  assert.notEqual(networkOf("2001:db8:1:3::1", 64), network);
  assert.equal(networkOf("2001:db8:1:2ff::1", 56), "2001:db8:1:200:0:0:0:0/56");
  assert.equal(networkOf("::1", 128), "0:0:0:0:0:0:0:1/128");
  assert.equal(networkOf("ffff::", 1), "8000:0:0:0:0:0:0:0/1");
});

test("R1 an IPv4 address is itself, however it is written", () => {
  for (const same of [
    "192.0.2.1",
    "::ffff:192.0.2.1",
    "::ffff:c000:201",
    "0:0:0:0:0:ffff:c000:201",
  ])
    assert.equal(networkOf(same, 64), "192.0.2.1", same);
});

test("what is no address stays as it is", () => {
  for (const other of ["1::2::3", "1:2", "x::1", "12345::", "1:2:3:4:5:6:7:8:9", ""])
    assert.equal(networkOf(other, 64), other, other);
});
