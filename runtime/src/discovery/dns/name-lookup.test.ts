import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NoAnswer } from "./client.ts";
import type { Settled } from "./client.ts";
import type { DnsRecord, QueryType } from "./message.ts";
import { lookUp } from "./name-lookup.ts";
import type { NameLookupParts, OrderItem, Resolution } from "./name-lookup.ts";
import { parseHosts, parseResolvConf } from "./system-files.ts";

const a = (name: string, address: string, ttlMs = 5000): DnsRecord => {
  return { kind: "A", name, ttlMs, address };
};
const alias = (name: string, to: string, ttlMs = 5000): DnsRecord => {
  return { kind: "CNAME", name, ttlMs, to };
};
const srv = (
  name: string,
  target: string,
  port: number,
  weight: number,
  priority = 0,
): DnsRecord => {
  return { kind: "SRV", name, ttlMs: 5000, target, port, weight, priority };
};

type Zone = Readonly<Record<string, readonly DnsRecord[] | "fails" | "silent">>;

class Dns {
  readonly asked: string[] = [];
  readonly #zone: Zone;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  resolve(
    name: string,
    change: Partial<NameLookupParts> = {},
    last?: QueryType,
  ): Promise<Resolution> {
    const order: readonly OrderItem[] = ["LAST", "SRV", "A", "AAAA", "CNAME"];
    const parts: NameLookupParts = {
      hosts: () => new Map(),
      resolver: () => parseResolvConf(""),
      order,
      ask: (asked, type) => this.#ask(asked, type),
      ...change,
    };
    return lookUp(name, last, parts, new AbortController().signal);
  }

  #ask(name: string, type: QueryType): Promise<Settled> {
    this.asked.push(`${type} ${name}`);
    const found = this.#zone[`${type} ${name}`] ?? this.#zone[name];
    if (found === "fails") return Promise.reject(new Error("SERVFAIL"));
    if (found === "silent") return Promise.reject(new NoAnswer("no answer"));
    if (found === undefined) return Promise.resolve({ kind: "no_name" });
    return Promise.resolve({ kind: "records", records: found });
  }
}

const hostsOf = (resolution: Resolution): readonly string[] =>
  resolution.kind === "found" ? resolution.addresses.map(({ host }) => host) : [];

describe("a name", () => {
  test("is looked up by type in the order, the last one first", async () => {
    const dns = new Dns({ "A api.test": [a("api.test", "10.0.0.1")], "SRV api.test": [] });
    assert.deepEqual(hostsOf(await dns.resolve("api.test")), ["10.0.0.1"]);
    assert.deepEqual(dns.asked, ["SRV api.test", "A api.test"]);
    await dns.resolve("api.test", {}, "A");
    assert.deepEqual(dns.asked.slice(2), ["A api.test"]);
  });

  test("has the time of the shortest-lived record on the way", async () => {
    const records = [alias("api.test", "b.test", 2000), a("b.test", "10.0.0.1", 9000)];
    const found = await new Dns({ "A api.test": records }).resolve("api.test");
    assert.equal(found.kind === "found" && found.ttlMs, 2000);
  });

  test("is followed where its alias leads out of the answer", async () => {
    const zone = {
      "A api.test": [alias("api.test", "b.test")],
      "A b.test": [a("b.test", "10.0.0.2")],
    };
    assert.deepEqual(hostsOf(await new Dns(zone).resolve("api.test")), ["10.0.0.2"]);
  });

  test("does not take records of other names", async () => {
    const zone = { "A api.test": [a("evil.test", "10.6.6.6"), a("api.test", "10.0.0.1")] };
    assert.deepEqual(hostsOf(await new Dns(zone).resolve("api.test")), ["10.0.0.1"]);
  });

  for (const [what, zone] of Object.entries({
    "within one answer": { "A a.test": [alias("a.test", "b.test"), alias("b.test", "a.test")] },
    "from answer to answer": {
      "A a.test": [alias("a.test", "b.test")],
      "A b.test": [alias("b.test", "a.test")],
    },
  })) {
    test(`with aliases in a circle ${what} ends`, async () => {
      const dns = new Dns(zone);
      assert.deepEqual(hostsOf(await dns.resolve("a.test")), []);
      assert.ok(dns.asked.length < 30, String(dns.asked.length));
    });
  }

  test("with SRV records has their ports and weights, of the first priority", async () => {
    const found = await new Dns({
      "SRV api.test": [
        srv("api.test", "one.test", 8001, 30),
        srv("api.test", "two.test", 8002, 0),
        srv("api.test", "spare.test", 8003, 10, 1),
      ],
      "A one.test": [a("one.test", "10.0.0.1", 1000)],
      "A two.test": [a("two.test", "10.0.0.2")],
      "A spare.test": [a("spare.test", "10.0.0.3")],
    }).resolve("api.test");
    assert.deepEqual(found, {
      kind: "found",
      type: "SRV",
      ttlMs: 1000,
      addresses: [
        { host: "10.0.0.1", port: 8001, weight: 30 },
        { host: "10.0.0.2", port: 8002, weight: 1 },
      ],
    });
  });

  test("in the hosts file is not asked for", async () => {
    const dns = new Dns({});
    const table = parseHosts("10.0.0.9 Api.Test # comment\n::1 api.test\n");
    const found = await dns.resolve("api.test", { hosts: () => table });
    assert.deepEqual(hostsOf(found), ["10.0.0.9"]);
    assert.deepEqual(dns.asked, []);
  });

  test("goes through the search list, first or last by its dots", async () => {
    const resolver = (): ReturnType<typeof parseResolvConf> =>
      parseResolvConf("search one.test two.test\noptions ndots:2");
    const order: readonly OrderItem[] = ["A"];
    const dns = new Dns({ "A api.two.test": [a("api.two.test", "10.0.0.1")] });
    assert.deepEqual(hostsOf(await dns.resolve("api", { resolver, order })), ["10.0.0.1"]);
    assert.deepEqual(dns.asked, ["A api.one.test", "A api.two.test"]);
    await dns.resolve("a.b.c", { resolver, order });
    assert.equal(dns.asked[2], "A a.b.c");
  });

  test("that one type fails for may have another", async () => {
    const dns = new Dns({ "SRV api.test": "fails", "A api.test": [a("api.test", "10.0.0.1")] });
    assert.deepEqual(hostsOf(await dns.resolve("api.test")), ["10.0.0.1"]);
  });

  test("that nobody answers for has failed, and one that is not there was not found", async () => {
    const silent = new Dns({ "SRV api.test": "silent" });
    assert.equal((await silent.resolve("api.test")).kind, "failed");
    assert.equal(silent.asked.length, 1);
    assert.equal((await new Dns({}).resolve("api.test")).kind, "not_found");
    assert.equal((await new Dns({ "A api.test": "fails" }).resolve("api.test")).kind, "failed");
  });
});

test("resolv.conf gives three servers at most, and the machine itself when it has none", () => {
  const text =
    "nameserver 10.0.0.1\nnameserver ::1 # x\nnameserver bad\nnameserver 10.0.0.2\nnameserver 10.0.0.3";
  assert.deepEqual(
    parseResolvConf(text).servers.map(({ host }) => host),
    ["10.0.0.1", "::1", "10.0.0.2"],
  );
  assert.deepEqual(parseResolvConf("").servers, [{ host: "127.0.0.1", port: 53 }]);
});

test("localhost is this machine, whatever the hosts file leaves out", () => {
  assert.deepEqual(parseHosts("").get("localhost"), ["127.0.0.1", "::1"]);
});
