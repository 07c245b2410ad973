// Upstreams whose targets come from a file, Consul, Eureka and Kubernetes, each as it speaks.
import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { eventually } from "../harness/deadline.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { Consul } from "../harness/registries/consul.ts";
import { Eureka } from "../harness/registries/eureka.ts";
import { Kubernetes } from "../harness/registries/kubernetes.ts";
import { useScratch } from "../harness/scratch.ts";
import { startTwins } from "../harness/twins.ts";
import type { Upstream } from "../harness/upstream.ts";
import { upstreamStatus } from "../harness/upstreams-api.ts";

const scratch = await useScratch();
const [ONE, TWO] = ["127.0.0.1", "127.0.0.2"];
const SECRET = "t0ken-of-the-registry";
const consul = new Consul();
const eureka = new Eureka();
let podToken = "pod-token-1";
const kubernetes = new Kubernetes(() => podToken);
let upstreams: readonly Upstream[] = [];
let port = 0;
let gateway: Gateway;

const NAMES = ["file", "consul", "eureka", "kubernetes"];

before(async () => {
  upstreams = await startTwins(ONE, TWO);
  port = upstreams[0]?.port ?? 0;
  consul.set({ node: ONE, port });
  eureka.set({ ip: ONE, port, status: "UP" });
  kubernetes.set("orders-a", port, { ip: ONE, ready: true });
  // Kubernetes is down when the gateway starts: its port is all that is known.
  for (const registry of [consul, eureka, kubernetes]) await registry.start();
  await kubernetes.stop();
  await scratch.write("targets.yaml", `targets: [{target: "${ONE}:${port}"}]`);
  const tokenFile = await scratch.write("token", `${podToken}\n`);
  const discovery = {
    file: { type: "file", path: scratch.path("targets.yaml") },
    consul: {
      type: "consul",
      service_name: "orders",
      servers: [consul.url],
      token: "{vault://env/registry-token}",
      tag: "v1",
      wait: 1,
    },
    eureka: {
      type: "eureka",
      service_name: "ORDERS",
      servers: [`${eureka.url}/eureka`],
      user: "sluice",
      password: "{vault://env/registry-token}",
      fetch_interval: 0.1,
    },
    kubernetes: {
      type: "kubernetes",
      server: kubernetes.url,
      namespace: "shop",
      service_name: "orders",
      port: "http",
      token_file: tokenFile,
      required: true,
    },
  };
  gateway = await startGateway({
    config: {
      _format_version: "3.0",
      services: NAMES.map((name) => ({
        name,
        host: name,
        retries: 0,
        routes: [{ name, paths: [`/${name}`] }],
      })),
      upstreams: Object.entries(discovery).map(([name, of]) => ({ name, discovery: of })),
    },
    env: { REGISTRY_TOKEN: SECRET },
  });
});
after(async () => {
  await Promise.all([consul.stop(), eureka.stop(), kubernetes.stop()]);
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  await (gateway as Gateway | undefined)?.stop();
});

interface Discovered {
  readonly targets: string;
  readonly state: string;
  readonly error?: string;
}

async function discovered(name: string): Promise<Discovered> {
  const status = await upstreamStatus(gateway, name);
  const { state, error } = (status as unknown as { discovery: Discovered }).discovery;
  const targets = status.targets.map(({ target, weight }) => `${target.split(":")[0]} ${weight}`);
  return { targets: targets.join(), state, ...(error !== undefined && { error }) };
}

/** Waits until these are the upstream's targets, each an address and a weight. */
async function until(name: string, ...targets: readonly string[]): Promise<void> {
  let seen = "";
  await eventually(
    async () => ((seen = (await discovered(name)).targets) === targets.join() ? true : undefined),
    () => `${targets.join()} for ${name}; there is ${seen}`,
  );
}

async function untilState(name: string, state: string): Promise<Discovered> {
  return eventually(async () => {
    const found = await discovered(name);
    return found.state === state ? found : undefined;
  }, `${name} to be ${state}`);
}

async function answerOf(name: string): Promise<string> {
  const response = await gateway.get(`/${name}`);
  return response.status === 200 ? response.text : String(response.status);
}

describe("discovery by a file", () => {
  const replace = async (text: string): Promise<void> => {
    await writeFile(scratch.path("targets.new"), text);
    await rename(scratch.path("targets.new"), scratch.path("targets.yaml"));
  };

  test("follows the file, and keeps what it knows when the file is bad", async () => {
    assert.equal(await answerOf("file"), "one");
    await replace(`- {target: "${TWO}:${port}", weight: 5}`);
    await until("file", `${TWO} 5`);
    assert.equal(await answerOf("file"), "two");
    await replace("- nonsense");
    const { error, targets } = await untilState("file", "failing");
    assert.match(error ?? "", /targets\.yaml: targets\[0\]: expected a host and a port/);
    assert.equal(targets, `${TWO} 5`);
    assert.equal(await answerOf("file"), "two");
    await replace(JSON.stringify({ targets: [`${ONE}:${port}`] }));
    await until("file", `${ONE} 100`);
    await untilState("file", "watching");
  });
});

describe("discovery by Consul", () => {
  test("hears of changes while it waits, and goes by service address, weight and health", async () => {
    assert.equal(await answerOf("consul"), "one");
    const asked = await consul.nextAsked(
      (url) => url.searchParams.has("index"),
      "a blocking query",
    );
    assert.equal(asked.searchParams.get("wait"), "1000ms");
    assert.deepEqual(
      [asked.searchParams.get("passing"), asked.searchParams.get("tag")],
      ["1", "v1"],
    );
    assert.ok(consul.asked.every(({ credential }) => credential === SECRET));
    consul.set(
      { node: ONE, port, isCritical: true },
      { node: "10.9.9.9", address: TWO, port, weight: 9 },
    );
    await until("consul", `${TWO} 9`);
    assert.equal(await answerOf("consul"), "two");
  });

  test("leaves the last targets when it is down, and begins anew when it is back", async () => {
    await consul.stop();
    const { error } = await untilState("consul", "failing");
    assert.match(error ?? "", /\/v1\/health\/service\/orders: /);
    assert.equal(await answerOf("consul"), "two");
    await gateway.logged(/consul does not tell of consul, known targets stay/);
    consul.resetIndex();
    consul.set({ node: ONE, port, weight: 3 });
    await consul.start();
    await until("consul", `${ONE} 3`);
    await untilState("consul", "watching");
    await gateway.logged(
      /targets of consul by consul: 1 \(\+127\.0\.0\.1:\d+ weight 3 -127\.0\.0\.2:/,
    );
  });

  test("with no instance left answers 503", async () => {
    consul.set();
    await until("consul");
    assert.equal(await answerOf("consul"), "503");
    consul.set({ node: ONE, port });
    await until("consul", `${ONE} 1`);
  });
});

describe("discovery by Eureka", () => {
  test("takes the instances that are up, one or many or none", async () => {
    assert.equal(await answerOf("eureka"), "one");
    const basic = Buffer.from(`sluice:${SECRET}`).toString("base64");
    assert.ok(eureka.asked.every(({ credential }) => credential === `Basic ${basic}`));
    eureka.set(
      { ip: ONE, port, status: "OUT_OF_SERVICE" },
      { ip: TWO, port, status: "UP", weight: "7" },
    );
    await until("eureka", `${TWO} 7`);
    eureka.set({ ip: ONE, port, status: "UP" }, { ip: TWO, port, status: "UP" });
    await until("eureka", `${ONE} 100`, `${TWO} 100`);
    eureka.set();
    await until("eureka");
    assert.equal(await answerOf("eureka"), "503");
  });
});

describe("discovery by Kubernetes", () => {
  test("that is down when the gateway starts gives 503, and no readiness where it is required", async () => {
    assert.equal(await answerOf("kubernetes"), "503");
    const ready = await gateway.status("/health/ready");
    assert.equal(ready.status, 503);
    assert.match(ready.text, /targets are not known yet of kubernetes/);
    await kubernetes.start();
    await until("kubernetes", `${ONE} 100`);
    assert.equal(await answerOf("kubernetes"), "one");
    assert.equal((await gateway.status("/health/ready")).status, 200);
  });

  test("follows the watch: slices that come, change and go, and endpoints that terminate", async () => {
    await kubernetes.untilWatched();
    kubernetes.set("orders-b", port, { ip: TWO, ready: true });
    await until("kubernetes", `${ONE} 100`, `${TWO} 100`);
    kubernetes.set("orders-a", port, { ip: ONE, ready: false, serving: true, terminating: true });
    await until("kubernetes", `${TWO} 100`);
    kubernetes.remove("orders-b");
    await until("kubernetes", `${ONE} 100`);
    assert.equal(await answerOf("kubernetes"), "one");
  });

  test("goes on from the last bookmark when a watch ends with its time", async () => {
    const version = kubernetes.bookmark();
    const next = kubernetes.nextAsked((url) => url.searchParams.has("watch"), "the next watch");
    kubernetes.endWatches();
    assert.equal((await next).searchParams.get("resourceVersion"), version);
    kubernetes.set("orders-b", port, { ip: TWO, ready: true });
    await until("kubernetes", `${TWO} 100`);
  });

  test("lists anew when the server has forgotten, with the token that the file has then", async () => {
    podToken = "pod-token-2";
    await scratch.write("token", podToken);
    kubernetes.replaceSilently("orders-a", port, { ip: ONE, ready: true });
    kubernetes.forget();
    await until("kubernetes", `${ONE} 100`, `${TWO} 100`);
  });
});

test("what discovery did is counted, and nothing shows a credential", async () => {
  const { text } = await gateway.status("/metrics");
  const samples = parseMetrics(text);
  for (const upstream of NAMES) {
    assert.ok(total(samples, "sluice_discovery_updates_total", { upstream }) >= 3, upstream);
    assert.equal(total(samples, "sluice_discovery_state", { upstream, state: "watching" }), 1);
  }
  assert.ok(total(samples, "sluice_discovery_errors_total", { upstream: "consul" }) > 0);
  const { text: status } = await gateway.status("/upstreams");
  for (const shown of [gateway.log, text, status]) {
    assert.doesNotMatch(shown, new RegExp(`${SECRET}|pod-token`));
  }
});
