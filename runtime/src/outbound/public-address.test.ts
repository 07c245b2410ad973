import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicAddress } from "./public-address.ts";

const PUBLIC = [
  "8.8.8.8",
  "1.1.1.1",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700::1111",
  "::ffff:8.8.8.8",
];

const PRIVATE: Readonly<Record<string, string>> = {
  "0.0.0.0": "this host",
  "10.1.2.3": "private",
  "172.16.0.1": "private",
  "172.31.255.255": "private",
  "192.168.1.1": "private",
  "100.64.0.1": "carrier-grade NAT",
  "127.0.0.1": "loopback",
  "127.9.9.9": "loopback",
  "169.254.169.254": "metadata of a cloud machine",
  "192.0.0.192": "metadata of a cloud machine",
  "198.18.0.1": "benchmarking",
  "203.0.113.1": "documentation",
  "224.0.0.1": "multicast",
  "240.0.0.1": "reserved",
  "255.255.255.255": "broadcast",
  "::": "this host",
  "::1": "loopback",
  "::127.0.0.1": "IPv4-compatible",
  "::ffff:127.0.0.1": "IPv4-mapped loopback",
  "::ffff:169.254.169.254": "IPv4-mapped metadata",
  "::ffff:0:127.0.0.1": "IPv4-translated",
  "64:ff9b::7f00:1": "NAT64",
  "64:ff9b:1::a00:1": "NAT64 of an operator",
  "2002:7f00:1::": "6to4",
  "2001::1": "Teredo",
  "2001:db8::1": "documentation",
  "fc00::1": "unique local",
  "fd00:ec2::254": "metadata of a cloud machine",
  "fe80::1": "link-local",
  "fe80::1%eth0": "link-local with a zone",
  "fec0::1": "site-local",
  "ff02::1": "multicast",
  "100::1": "discard",
  "4000::1": "given to nobody",
  "1.2.3": "no address",
  nonsense: "no address",
};

for (const address of PUBLIC) {
  test(`${address} is public`, () => assert.equal(isPublicAddress(address), true));
}

for (const [address, what] of Object.entries(PRIVATE)) {
  test(`${address} is not public: ${what}`, () => assert.equal(isPublicAddress(address), false));
}
