// An upstream whose targets are keys of a real etcd.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";

import { eventually } from "../harness/deadline.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { startEtcd } from "../harness/registries/etcd.ts";
import type { Etcd } from "../harness/registries/etcd.ts";
import { startTwins } from "../harness/twins.ts";
import type { Upstream } from "../harness/upstream.ts";
import { upstreamStatus } from "../harness/upstreams-api.ts";

const isMissing = spawnSync("etcd", ["--version"], { stdio: "ignore" }).status !== 0;
const skip = isMissing && "etcd is not installed: apt-get install etcd-server";
const [ONE, TWO] = ["127.0.0.1", "127.0.0.2"];
let etcd: Etcd;
let gateway: Gateway;
let upstreams: readonly Upstream[] = [];
let port = 0;

describe("discovery by etcd", { skip }, () => {
  before(async () => {
    upstreams = await startTwins(ONE, TWO);
    port = upstreams[0]?.port ?? 0;
    etcd = await startEtcd();
    await etcd.put("/services/orders/a", `${ONE}:${port}`);
    // Another service, whose name begins with the same letters.
    await etcd.put("/services/orders-old/a", "10.9.9.9:80");
    gateway = await startGateway({
      config: {
        _format_version: "3.0",
        services: [
          { name: "s", host: "orders", retries: 0, routes: [{ name: "r", paths: ["/"] }] },
        ],
        upstreams: [
          {
            name: "orders",
            discovery: { type: "etcd", servers: [etcd.url], prefix: "/services/orders/" },
          },
        ],
      },
    });
  });
  after(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    await (etcd as Etcd | undefined)?.end();
    await (gateway as Gateway | undefined)?.stop();
  });

  async function until(...targets: readonly string[]): Promise<void> {
    let seen = "";
    await eventually(
      async () => {
        const status = await upstreamStatus(gateway, "orders");
        seen = status.targets
          .map(({ target, weight }) => `${target.split(":")[0]} ${weight}`)
          .join();
        return seen === targets.join() ? true : undefined;
      },
      () => `${targets.join()}; there is ${seen}`,
    );
  }

  async function state(): Promise<{ readonly state: string; readonly error?: string }> {
    const status = await upstreamStatus(gateway, "orders");
    return (status as unknown as { discovery: { state: string; error?: string } }).discovery;
  }

  test("has what was there when it began, and of its own prefix alone", async () => {
    await until(`${ONE} 100`);
    assert.equal((await gateway.get("/")).text, "one");
  });

  test("follows keys that come, change and go", async () => {
    await etcd.put("/services/orders/b", JSON.stringify({ host: TWO, port, weight: 5 }));
    await until(`${ONE} 100`, `${TWO} 5`);
    await etcd.put("/services/orders/b", JSON.stringify({ Op: 0, Addr: `${TWO}:${port}` }));
    await until(`${ONE} 100`, `${TWO} 100`);
    await etcd.delete("/services/orders/a");
    await until(`${TWO} 100`);
    assert.equal((await gateway.get("/")).text, "two");
  });

  test("leaves out a key that is no target, and says which", async () => {
    await etcd.put("/services/orders/bad", "nonsense");
    const found = await eventually(async () => {
      const now = await state();
      return now.state === "failing" ? now : undefined;
    }, "the fault");
    assert.match(found.error ?? "", /key "\/services\/orders\/bad": expected a host and a port/);
    assert.equal((await gateway.get("/")).text, "two");
    await etcd.delete("/services/orders/bad");
    await eventually(async () => ((await state()).state === "watching" ? true : undefined), "it");
  });

  test("loses the target whose lease has expired", async () => {
    await etcd.put("/services/orders/leased", `${ONE}:${port}`, await etcd.grantLease(1));
    await until(`${ONE} 100`, `${TWO} 100`);
    await until(`${TWO} 100`);
  });

  test("keeps the last targets while etcd is dead, and catches up when it is back", async () => {
    await etcd.kill();
    await gateway.logged(/etcd does not tell of orders, known targets stay/);
    assert.equal((await gateway.get("/")).text, "two");
    await etcd.start();
    await etcd.put("/services/orders/c", `${ONE}:${port}`);
    await etcd.delete("/services/orders/b");
    await etcd.compact();
    await until(`${ONE} 100`);
    assert.equal((await gateway.get("/")).text, "one");
    assert.equal((await state()).state, "watching");
  });
});
