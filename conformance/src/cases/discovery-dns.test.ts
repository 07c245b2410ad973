// U13: names that change, disappear and come back, with a DNS server of our own.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { eventually } from "../harness/deadline.ts";
import type { DnsServer } from "../harness/dns-server.ts";
import { startDnsServer } from "../harness/dns-server.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply, startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";
import { upstreamStatus } from "../harness/upstreams-api.ts";

const scratch = await useScratch();
let dns: DnsServer;
let gateway: Gateway;
let upstreams: readonly Upstream[] = [];
const [ONE, TWO] = ["127.0.0.1", "127.0.0.2"];

const route = (name: string): object => ({ name, paths: [`/${name}`] });

/** A service whose host is the name `NAME.test`. */
function service(name: string, port: number): object {
  return { name, host: `${name}.test`, port, retries: 0, routes: [route(name)] };
}

before(async () => {
  dns = await startDnsServer();
  const one = await startUpstream(ONE);
  const two = await startUpstream(TWO, one.port);
  upstreams = [one, two];
  for (const [at, upstream] of upstreams.entries()) {
    upstream.answer = (request, connection): void => {
      connection.send(reply("200 OK", `${at === 0 ? "one" : "two"} ${request.header("host")}`));
    };
  }
  const { port } = one;
  dns.setAddresses("plain.test", 60, ONE);
  dns.setAddresses("moves.test", 1, ONE);
  dns.setAddresses("zero.test", 0, ONE);
  dns.setAddresses("stale.test", 1, ONE);
  dns.setAddresses("dies.test", 1, ONE);
  dns.setAddresses("pool.test", 1, ONE);
  dns.set("large.test", {
    kind: "records",
    isTruncated: true,
    records: [{ type: "A", name: "large.test", ttl: 60, data: ONE }],
  });
  dns.set("loud.test", {
    kind: "records",
    isShouted: true,
    records: [{ type: "A", name: "loud.test", ttl: 60, data: ONE }],
  });
  dns.set("forged.test", {
    kind: "records",
    forged: TWO,
    records: [{ type: "A", name: "forged.test", ttl: 60, data: ONE }],
  });
  for (const [name, data] of [
    ["circle.test", "round.test"],
    ["round.test", "circle.test"],
  ] as const) {
    dns.set(name, { kind: "records", records: [{ type: "CNAME", name, ttl: 60, data }] });
  }
  dns.set("alias.test", {
    kind: "records",
    records: [{ type: "CNAME", name: "alias.test", ttl: 60, data: "plain.test" }],
  });
  dns.set("srv.test", {
    kind: "records",
    records: [
      { type: "SRV", name: "srv.test", ttl: 60, data: { target: "plain.test", port, weight: 7 } },
    ],
  });
  dns.set("empty.test", { kind: "records", records: [] });
  const names = ["plain", "moves", "zero", "stale", "dies", "large", "loud", "alias"];
  gateway = await startGateway({
    config: {
      _format_version: "3.0",
      services: [
        ...[...names, "empty", "missing", "forged", "circle"].map((name) => service(name, port)),
        service("srv", 1),
        { name: "pool", host: "pool", routes: [route("pool")], retries: 0 },
        { name: "srv-pool", host: "srv-pool", routes: [route("from-srv")], retries: 0 },
        { name: "in-hosts", host: "in-hosts.test", port, routes: [route("in-hosts")] },
      ],
      upstreams: [
        { name: "pool", targets: [{ target: `pool.test:${port}` }] },
        { name: "srv-pool", targets: [{ target: "srv.test:1", weight: 50 }] },
      ],
    },
    flags: [
      `--dns-resolver=127.0.0.1:${dns.port}`,
      "--dns-not-found-ttl=0.5",
      "--dns-error-ttl=0.1",
      `--dns-hostsfile=${await scratch.write("hosts", "127.0.0.2 in-hosts.test")}`,
    ],
  });
});
after(async () => {
  dns.close();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  await (gateway as Gateway | undefined)?.stop();
});

async function answerOf(name: string): Promise<string> {
  const response = await gateway.get(`/${name}`);
  return response.status === 200 ? response.text : String(response.status);
}

/** Waits until requests for the name are answered so. */
async function until(name: string, expected: string): Promise<void> {
  let seen = "";
  await eventually(
    async () => ((seen = await answerOf(name)).startsWith(expected) ? true : undefined),
    () => `${expected} from ${name}; it is ${seen}`,
  );
}

describe("U13 DNS: a service's host", { concurrency: true }, () => {
  test("is a name that the gateway asks its own DNS server for, once for many requests", async () => {
    const port = upstreams[0]?.port;
    for (let count = 0; count < 5; count++) {
      assert.equal(await answerOf("plain"), `one plain.test:${port}`);
    }
    const asked = dns.asked.filter((each) => each === "A plain.test udp");
    // For itself, for the alias and for SRV.
    assert.ok(asked.length <= 4, asked.join());
  });

  test("is used at its new address within its time", async () => {
    assert.match(await answerOf("moves"), /^one/);
    dns.setAddresses("moves.test", 1, TWO);
    await until("moves", "two");
  });

  test("with a time of 0 is looked at again and again, though not for each request", async () => {
    assert.match(await answerOf("zero"), /^one/);
    dns.setAddresses("zero.test", 0, TWO);
    await until("zero", "two");
    assert.ok(dns.asked.filter((each) => each.includes(" zero.test ")).length < 20);
  });

  test("keeps its last address while the DNS server fails, and takes the next one after that", async () => {
    assert.match(await answerOf("stale"), /^one/);
    dns.set("stale.test", { kind: "code", code: "SERVFAIL" });
    await gateway.logged(/stale\.test cannot be looked up, 127\.0\.0\.1 stays in use/);
    await dns.untilAsked("stale.test", 3);
    assert.match(await answerOf("stale"), /^one/);
    dns.setAddresses("stale.test", 1, TWO);
    await until("stale", "two");
  });

  test("that is gone keeps its last address for a bound, then requests get 503", async () => {
    assert.match(await answerOf("dies"), /^one/);
    dns.set("dies.test", { kind: "code", code: "NXDOMAIN" });
    await gateway.logged(/dies\.test cannot be looked up/);
    assert.match(await answerOf("dies"), /^one/);
    await gateway.logged(/dies\.test has no address any more/);
    const response = await gateway.get("/dies");
    assert.equal(response.status, 503);
    assert.equal((response.json() as { message: string }).message, "name resolution failed");
    dns.setAddresses("dies.test", 60, TWO);
    await until("dies", "two");
  });

  for (const [name, what] of [
    ["missing", "does not exist"],
    ["empty", "has no address"],
  ]) {
    test(`that ${what} gets 503, and its service when it comes`, async () => {
      assert.equal(await answerOf(`${name}`), "503");
      dns.setAddresses(`${name}.test`, 60, ONE);
      await until(`${name}`, "one");
    });
  }

  test("is asked for over TCP when the answer does not fit", async () => {
    assert.match(await answerOf("large"), /^one/);
    assert.ok(dns.asked.includes("A large.test tcp"));
  });

  test("may come back in another case (haproxy 25d6e65aa)", async () => {
    assert.match(await answerOf("loud"), /^one/);
  });

  test("is not where answers to other questions say", async () => {
    assert.match(await answerOf("forged"), /^one/);
  });

  test("that is an alias of itself gets 503, and its server is left in peace", async () => {
    assert.equal(await answerOf("circle"), "503");
    assert.ok(dns.asked.filter((each) => each.includes("circle.test")).length < 40);
  });

  test("may be an alias of another name", async () => {
    assert.match(await answerOf("alias"), /^one alias\.test/);
  });

  test("takes its port from an SRV record", async () => {
    assert.match(await answerOf("srv"), /^one srv\.test/);
  });

  test("in the hosts file is not asked for", async () => {
    assert.match(await answerOf("in-hosts"), /^two/);
    assert.ok(!dns.asked.some((each) => each.includes("in-hosts")));
  });
});

describe("U13 DNS: a target of an upstream", () => {
  test("is each address of its name, and those that go are drained", async () => {
    const addresses = async (): Promise<string> =>
      (await upstreamStatus(gateway, "pool")).targets.map(({ target }) => target).join();
    const port = upstreams[0]?.port;
    assert.equal(await addresses(), `${ONE}:${port}`);
    dns.setAddresses("pool.test", 1, ONE, TWO);
    await until("pool", "two");
    assert.equal(await addresses(), `${ONE}:${port},${TWO}:${port}`);
    dns.setAddresses("pool.test", 1, TWO);
    await eventually(
      async () => ((await addresses()) === `${TWO}:${port}` ? true : undefined),
      "one address alone",
    );
    for (let count = 0; count < 4; count++) assert.match(await answerOf("pool"), /^two pool\.test/);
  });

  test("has port and weight of its SRV record", async () => {
    const [target] = (await upstreamStatus(gateway, "srv-pool")).targets;
    assert.deepEqual([target?.target, target?.weight], [`${ONE}:${upstreams[0]?.port}`, 7]);
    assert.match(await answerOf("from-srv"), /^one/);
  });
});

test("look-ups are counted by what came of them", async () => {
  const samples = parseMetrics((await gateway.status("/metrics")).text);
  for (const outcome of ["found", "not_found", "failed"]) {
    assert.ok(total(samples, "sluice_dns_lookups_total", { outcome }) > 0, outcome);
  }
});
