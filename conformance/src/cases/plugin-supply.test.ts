// Plugins whose module the config pins by url and hash: what cannot be had, or is not what was pinned, never runs, the
// one that ran goes on running, and the gateway says that it is not ready until the right one came.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { spawnGateway } from "../harness/gateway.ts";
import { Load } from "../harness/load.ts";
import { markingGuest } from "../harness/marking-guest.ts";
import { sha256Of, useModuleHost } from "../harness/module-host.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const host = await useModuleHost();
const scratch = await useScratch();

const versionOf = (version: number): Uint8Array<ArrayBuffer> =>
  markingGuest({ name: "pinned", mark: `v${version}` });

/** A config whose one plugin is the module with these bytes, at that url. */
function pinning(url: string, bytes: Uint8Array, more: Entry = {}): Entry {
  const wasm = { url, sha256: sha256Of(bytes) };
  return withPlugins([{ name: "pinned", wasm, ...more }]);
}

function withPlugins(plugins: readonly Entry[], port = 9): Entry {
  return config({ services: [service("all", port, "/")], plugins });
}

const used = useGateway(([port = 0]) => {
  upstreamPort = port;
  return { config: served(host.put("/first.wasm", versionOf(1)), versionOf(1)) };
});
let upstreamPort = 0;

function served(url: string, bytes: Uint8Array): Entry {
  const wasm = { url, sha256: sha256Of(bytes) };
  return withPlugins([{ name: "pinned", wasm }], upstreamPort);
}

async function servedVersion(): Promise<string | undefined> {
  return (await used.gateway.get("/")).header("x-filter");
}

async function untilServed(version: number): Promise<void> {
  await eventually(
    async () => ((await servedVersion()) === `v${version}` ? true : undefined),
    () => `version ${version} serving; log:\n${used.gateway.log}`,
  );
}

async function untilReady(status: 200 | 503): Promise<string> {
  return eventually(
    async () => {
      const ready = await used.gateway.status("/health/ready");
      return ready.status === status ? ready.body.toString() : undefined;
    },
    () => `readiness ${status}; log:\n${used.gateway.log}`,
  );
}

beforeEach(async () => {
  await used.gateway.writeConfig(served(host.put("/first.wasm", versionOf(1)), versionOf(1)));
  await untilServed(1);
  await untilReady(200);
});

test("supply: a module that the config pins runs, and is asked for once for all configs that pin it", async () => {
  const url = host.put("/once.wasm", versionOf(2));
  await used.gateway.writeConfig(served(url, versionOf(2)));
  await untilServed(2);
  await used.gateway.writeConfig(served(host.url("/first.wasm"), versionOf(1)));
  await untilServed(1);
  await used.gateway.writeConfig(served(url, versionOf(2)));
  await untilServed(2);
  assert.equal(host.asked.filter((path) => path === "/once.wasm").length, 1);
});

test("supply: a file is found from the folder of the config", async () => {
  await writeFile(join(used.gateway.folder, "my plugin.wasm"), versionOf(3));
  await used.gateway.writeConfig(served("file:./my%20plugin.wasm", versionOf(3)));
  await untilServed(3);
});

test("W10 supply: a newly pinned module takes over under load and no request fails", async () => {
  const load = new Load(used.gateway.proxyPort, "/", 8);
  await used.gateway.writeConfig(served(host.put("/load.wasm", versionOf(4)), versionOf(4)));
  await untilServed(4);
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
});

interface Refused {
  readonly what: string;
  /** Makes the url answer wrongly; the right answer comes later. */
  readonly arrange: (path: string) => void | Promise<void>;
  readonly says: RegExp;
}

const large = Buffer.alloc(1024 * 1024);

const REFUSED: readonly Refused[] = [
  {
    what: "W4 another module than the one with the hash",
    arrange: (path) => void host.put(path, versionOf(99)),
    says: /its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
  },
  { what: "a file that is not there", arrange: () => undefined, says: /it answered 404/ },
  { what: "a host that is down", arrange: () => host.stop(), says: /it cannot be had: \w+/ },
  {
    what: "W4 more bytes than a module may have",
    arrange: (path) => {
      host.answers.set(path, (response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(large));
        };
        response.on("drain", more);
        more();
      });
    },
    says: /it is larger than \d+ bytes/,
  },
  {
    what: "W7 a redirect to another machine by http",
    arrange: (path) => {
      host.answers.set(path, (response) =>
        response.writeHead(302, { location: "http://192.0.2.1/p.wasm?token=secret" }).end(),
      );
    },
    says: /it redirects to http:\/\/192\.0\.2\.1\/p\.wasm, expected https/,
  },
];

for (const [index, { what, arrange, says }] of REFUSED.entries()) {
  test(`supply: ${what}: the old one serves, not ready, until the right one comes`, async () => {
    const { mark } = used.gateway;
    const path = `/refused-${index}.wasm`;
    const bytes = versionOf(10 + index);
    await arrange(path);
    await used.gateway.writeConfig(served(`${host.url(path)}?token=secret`, bytes));
    const reason = await untilReady(503);
    assert.match(reason, says);
    assert.match(reason, /gateway\.yaml:\d+:\d+: plugins\[0\]: plugin pinned: module http:/);
    assert.equal(await servedVersion(), "v1");
    assert.match(await used.gateway.logged(/reload refused/, mark), says);
    assert.equal((await used.gateway.status("/health/live")).status, 200);

    host.put(path, bytes);
    await host.stop();
    await host.start();
    await untilServed(10 + index);
    await untilReady(200);
    assert.doesNotMatch(used.gateway.log.slice(mark), /token=secret/);
  });
}

test("W4 supply: a module that could not work: the old one serves, not ready, until the config changes", async () => {
  const broken = Buffer.from("#!/bin/sh\necho no wasm\n");
  await used.gateway.writeConfig(served(host.put("/broken.wasm", broken), broken));
  assert.match(await untilReady(503), /plugin pinned: .*not a WebAssembly module/);
  assert.equal(await servedVersion(), "v1");
  await used.gateway.writeConfig(served(host.url("/first.wasm"), versionOf(1)));
  await untilReady(200);
});

test("supply: a gateway that cannot have a module does not start, and says which", async () => {
  const gateway = await spawnGateway({ config: pinning(host.url("/none.wasm"), versionOf(1)) });
  assert.equal(await gateway.ended(), 1);
  const says = `plugin pinned: module ${host.url("/none.wasm")}: it answered 404`;
  assert.ok(gateway.log.includes(says), gateway.log);
});

test("supply: a gateway starts without a module that only disabled entries pin", async () => {
  const url = host.url("/none.wasm");
  const gateway = await spawnGateway({ config: pinning(url, versionOf(1), { enabled: false }) });
  try {
    await gateway.ready();
    assert.equal((await gateway.status("/health/ready")).status, 200);
    assert.match(gateway.log, /plugin pinned: module .*none\.wasm: it answered 404/);
  } finally {
    await gateway.stop();
  }
});

test("supply: sluice check has the same modules, and two for one plugin are an error that names both", async () => {
  const url = host.put("/first.wasm", versionOf(1));
  const good = await scratch.write("good.yaml", JSON.stringify(pinning(url, versionOf(1))));
  assert.equal((await sluice(["check", good])).code, 0);
  const entry = (bytes: Uint8Array, more: Entry = {}): Entry => ({
    name: "pinned",
    wasm: { url, sha256: sha256Of(bytes) },
    ...more,
  });
  const both = withPlugins([entry(versionOf(1)), entry(versionOf(2), { service: "all" })]);
  const bad = await scratch.write("bad.yaml", JSON.stringify(both));
  const { code, stderr } = await sluice(["check", bad]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /plugins\[1\]\.wasm: the plugin "pinned" has another module in plugins\[0\]/,
  );
});

test("supply: all workers have the module, and keep the one that works", async () => {
  const url = host.put("/workers.wasm", versionOf(5));
  const gateway = await spawnGateway({
    config: pinning(url, versionOf(5)),
    flags: ["--workers", "2"],
  });
  try {
    await gateway.ready();
    const versions = async (): Promise<string> => {
      const responses = await Promise.all(Array.from({ length: 8 }, () => gateway.get("/")));
      return [...new Set(responses.map((response) => response.header("x-filter")))].join();
    };
    assert.equal(await versions(), "v5");
    assert.equal(host.asked.filter((path) => path === "/workers.wasm").length, 1);
    await gateway.writeConfig(pinning(host.url("/workers-2.wasm"), versionOf(6)));
    await gateway.logged(/reload refused.*it answered 404/);
    assert.equal((await gateway.status("/health/ready")).status, 503);
    assert.equal(await versions(), "v5");
    host.put("/workers-2.wasm", versionOf(6));
    await eventually(async () => ((await versions()) === "v6" ? true : undefined), "v6");
    assert.equal((await gateway.status("/health/ready")).status, 200);
  } finally {
    await gateway.stop();
  }
});
