import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_DNS } from "../discovery/discovery.ts";
import type { DnsSettings } from "../discovery/discovery.ts";
import { DNS_OPTIONS, dnsSettings } from "./dns-options.ts";
import { UsageError } from "./fault.ts";
import { parseOptions } from "./options.ts";

function settings(...args: readonly string[]): DnsSettings {
  return dnsSettings(parseOptions(DNS_OPTIONS, args, {}));
}

describe("the flags about names", () => {
  test("have defaults", () => {
    assert.deepEqual(settings(), DEFAULT_DNS);
  });

  test("are read", () => {
    const read = settings(
      "--dns-resolver=10.0.0.2,[::1]:5353",
      "--dns-order=srv,A",
      "--dns-valid-ttl=0.5",
      "--dns-stale-ttl=0",
      "--dns-not-found-ttl=2",
      "--dns-error-ttl=0.1",
      "--dns-hostsfile=/tmp/hosts",
    );
    assert.deepEqual(read, {
      resolvers: [
        { host: "10.0.0.2", port: 53 },
        { host: "::1", port: 5353 },
      ],
      hostsFile: "/tmp/hosts",
      order: ["SRV", "A"],
      times: { validTtlMs: 500, staleTtlMs: 0, notFoundTtlMs: 2000, errorTtlMs: 100 },
    });
  });

  for (const wrong of [
    "--dns-resolver=dns.test",
    "--dns-resolver=10.0.0.2:0",
    "--dns-resolver=",
    "--dns-order=MX",
    "--dns-error-ttl=0",
    "--dns-valid-ttl=-1",
    "--dns-stale-ttl=1h",
  ]) {
    test(`refuse ${wrong}`, () => {
      assert.throws(() => settings(wrong), UsageError);
    });
  }
});
