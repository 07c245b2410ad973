import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHostGrant } from "../config/schema/host-grant.ts";
import { HostGrants } from "./host-grant.ts";

describe("a grant of a host", () => {
  test("is a name, an address or a suffix, each with or without a port", () => {
    for (const text of [
      "api.example.com",
      "A.b:8443",
      "*.corp.test",
      "*.corp.test:1",
      "10.0.0.5",
    ]) {
      assert.ok(parseHostGrant(text) !== undefined, text);
    }
    assert.deepEqual(parseHostGrant("[0:0::1]:65535"), {
      host: "::1",
      isSuffix: false,
      port: 65_535,
    });
  });

  test("is nothing that could stand for more hosts than it seems to", () => {
    const wrong = ["", "*", "*.", "a.*", "*a.test", "http://a", "a/b", "a:0", "a:65536", "a b"];
    const addresses = [
      "*.10.0.0.5",
      "010.0.0.5",
      "1.2.3",
      "0x7f.1",
      "2130706433",
      "*.[::1]",
      "::1",
    ];
    for (const text of [...wrong, ...addresses]) {
      assert.equal(parseHostGrant(text), undefined, text);
    }
  });
});

describe("granted hosts", () => {
  test("match the whole name, in any case, and its form with a dot at the end", () => {
    const grants = new HostGrants(["API.example.com"]);
    assert.ok(grants.allows("api.Example.com", 443, 443));
    assert.ok(grants.allows("api.example.com.", 443, 443));
    for (const host of ["example.com", "evil-api.example.com", "api.example.com.evil.test"]) {
      assert.ok(!grants.allows(host, 443, 443), host);
    }
  });

  test("match names below a suffix, not the suffix itself", () => {
    const grants = new HostGrants(["*.corp.test"]);
    assert.ok(grants.allows("a.corp.test", 80, 80));
    assert.ok(grants.allows("a.b.corp.test", 80, 80));
    for (const host of ["corp.test", "acorp.test", "a.corp.test.evil.test"]) {
      assert.ok(!grants.allows(host, 80, 80), host);
    }
  });

  test("match the scheme's own port, or the one that is given", () => {
    assert.ok(new HostGrants(["a"]).allows("a", 80, 80));
    assert.ok(!new HostGrants(["a"]).allows("a", 8080, 80));
    assert.ok(!new HostGrants(["a"]).allows("a", 80, 443));
    assert.ok(new HostGrants(["a:8080"]).allows("a", 8080, 80));
    assert.ok(!new HostGrants(["a:8080"]).allows("a", 80, 80));
  });

  test("match every form of an address", () => {
    const grants = new HostGrants(["[::1]", "10.0.0.5"]);
    assert.ok(grants.allows("[0:0:0:0:0:0:0:1]", 80, 80));
    assert.ok(grants.allows("::ffff:10.0.0.5", 80, 80));
    assert.ok(!grants.allows("10.0.0.50", 80, 80));
  });

  test("are none by default", () => {
    assert.ok(!new HostGrants([]).allows("a", 80, 80));
  });
});
