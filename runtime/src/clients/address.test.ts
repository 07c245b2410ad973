import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalAddress, peerAddress } from "./address.ts";
import { networkFault, TrustedAddresses } from "./trusted-addresses.ts";

const CANONICAL: Readonly<Record<string, string>> = {
  "192.0.2.1": "192.0.2.1",
  "0:0::1": "::1",
  "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
  "::ffff:192.0.2.1": "192.0.2.1",
  "::FFFF:7f00:1": "127.0.0.1",
  "::": "::",
};

const NO_ADDRESS =
  "|1.2.3|01.2.3.4|1.2.3.256|0x7f.0.0.1|2130706433|1.2.3.4 |a.b|::1%eth0|1::2::3|[::1]|:::|x:y";

describe("an address", () => {
  for (const [text, address] of Object.entries(CANONICAL)) {
    test(`${text} is ${address} (R2)`, () => assert.equal(canonicalAddress(text), address));
  }

  test("is nothing that only some programs take for one", () => {
    for (const text of NO_ADDRESS.split("|")) assert.equal(canonicalAddress(text), undefined, text);
  });

  test("of a peer loses its zone and its IPv4-mapped form", () => {
    assert.equal(peerAddress("fe80::1%eth0"), "fe80::1");
    assert.equal(peerAddress("::ffff:192.0.2.1"), "192.0.2.1");
    assert.equal(peerAddress("192.0.2.1"), "192.0.2.1");
    assert.equal(peerAddress(""), "");
  });

  test("is remembered without end of the memory", () => {
    for (let n = 0; n < 10_000; n++) {
      const text = `2001:db8::${n.toString(16)}`;
      assert.equal(canonicalAddress(text.toUpperCase()), n === 0 ? "2001:db8::" : text);
    }
  });
});

describe("trusted addresses", () => {
  const includes = (entry: string, address: string): boolean =>
    new TrustedAddresses([entry]).includes(address);

  test("are single ones and networks of both families", () => {
    assert.ok(includes("10.1.2.3", "10.1.2.3"));
    assert.ok(!includes("10.1.2.3", "10.1.2.4"));
    assert.ok(includes("10.0.0.0/8", "10.255.0.1"));
    assert.ok(!includes("10.0.0.0/8", "11.0.0.0"));
    assert.ok(includes("2001:db8::/32", "2001:db8:1::1"));
    assert.ok(!includes("2001:db8::/32", "2001:db9::1"));
    assert.ok(includes("::1", "::1"));
  });

  test("of one family leave the other alone", () => {
    assert.ok(includes("0.0.0.0/0", "192.0.2.1"));
    assert.ok(!includes("0.0.0.0/0", "::1"));
    assert.ok(includes("::/0", "::1"));
    assert.ok(!includes("::/0", "192.0.2.1"));
  });

  test("in IPv4-mapped form are IPv4", () => {
    assert.ok(includes("::ffff:10.0.0.0/104", "10.9.9.9"));
    assert.ok(includes("::ffff:10.0.0.1", "10.0.0.1"));
    assert.ok(!includes("::ffff:10.0.0.0/104", "11.0.0.1"));
  });

  test("say what is wrong with them", () => {
    for (const entry of ["10.0.0.0/8", "::1", "::/0"]) assert.equal(networkFault(entry), undefined);
    const wrong = "|x|10.0.0.0/33|::/129|10.0.0.0/|10.0.0.0/8/8|10.0.0.0/-1|10/8|::ffff:0:0/90|1e1";
    for (const entry of wrong.split("|")) {
      assert.match(networkFault(entry) ?? "", /^expected an IP address/, entry);
    }
  });

  test("that are none include nobody", () => {
    assert.ok(!new TrustedAddresses([]).includes("127.0.0.1"));
  });
});
