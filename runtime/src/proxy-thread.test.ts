import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConfigRefused } from "./assemble.ts";
import type { Pipeline } from "./pipeline.ts";
import { RecordingPlugin } from "./plugins/plugin.testing.ts";
import { PluginLibrary } from "./plugins/wasm/library.ts";
import { ProxyThread } from "./proxy-thread.ts";
import { Snapshot } from "./snapshot.ts";
import { RouteStats } from "./status/route-stats.ts";
import { gatewayParts } from "./thread-parts.ts";
import type { ThreadParts } from "./thread-parts.ts";
import { testUpstreams } from "./upstream/upstreams.testing.ts";

const CONFIG = { file: "f", text: "" };

let parts: ThreadParts;

before(async () => {
  const settings = { logLevel: "silent", pluginTimeoutMs: 100 };
  parts = await gatewayParts(settings, []);
});
after(() => parts.close());

function snapshotWith(plugin: RecordingPlugin): Snapshot {
  return new Snapshot({
    config: { services: [], routes: [], upstreams: [], consumers: [], plugins: [] },
    plugins: new Map([["p", { plugin, credentialNames: [] }]]),
    upstreams: testUpstreams(),
    transport: () => assert.fail("there is no service"),
    routeStats: (service, route) => new RouteStats(service, route),
  });
}

interface Serving {
  readonly proxy: ProxyThread;
  /** What requests run on. */
  served(): Snapshot | undefined;
}

/** A thread that serves the first of the snapshots; an error in their place refuses the config. */
async function serving(
  snapshots: (Snapshot | Error)[],
  library: PluginLibrary = new PluginLibrary([]),
): Promise<Serving> {
  let pipeline: Pipeline | undefined;
  const proxy = new ProxyThread({
    ...parts,
    library,
    assemble: () => {
      const next = snapshots.shift();
      return next instanceof Snapshot ? Promise.resolve(next) : Promise.reject(next);
    },
    listen: (_, given) => {
      pipeline = given;
      return Promise.reject(new Error("no socket in this test"));
    },
  });
  assert.equal((await proxy.prepare(CONFIG)).kind, "prepared");
  proxy.commit();
  await assert.rejects(proxy.listen({ host: "127.0.0.1", port: 0 }));
  return { proxy, served: () => pipeline?.snapshot };
}

describe("ProxyThread", () => {
  test("serves the old config until the new one is committed, and then closes its plugins", async () => {
    const plugin = new RecordingPlugin("p");
    const [old, next] = [snapshotWith(plugin), snapshotWith(new RecordingPlugin("p"))];
    const { proxy, served } = await serving([old, next]);
    assert.equal((await proxy.prepare(CONFIG)).kind, "prepared");
    assert.deepEqual([served() === old, plugin.isClosed], [true, false]);
    proxy.commit();
    assert.deepEqual([served() === next, plugin.isClosed], [true, true]);
  });

  test("closes the plugins of a config that is discarded, and never serves it", async () => {
    const plugin = new RecordingPlugin("p");
    const old = snapshotWith(new RecordingPlugin("p"));
    const { proxy, served } = await serving([old, snapshotWith(plugin)]);
    await proxy.prepare(CONFIG);
    proxy.discard();
    proxy.commit();
    assert.deepEqual([served() === old, plugin.isClosed], [true, true]);
  });

  test("says each reason of a refused config and keeps the old one", async () => {
    const old = snapshotWith(new RecordingPlugin("p"));
    const { proxy, served } = await serving([old, new ConfigRefused(["f:1:1: one", "f:2:2: two"])]);
    assert.deepEqual(await proxy.prepare(CONFIG), {
      kind: "refused",
      skippedFiles: [],
      reasons: ["f:1:1: one", "f:2:2: two"],
    });
    proxy.commit();
    assert.equal(served(), old);
  });

  test("survives a plugins folder that cannot be read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-proxy-"));
    after(() => rm(folder, { recursive: true }));
    const file = join(folder, "no-folder");
    const library = new PluginLibrary([file]);
    const { proxy } = await serving([snapshotWith(new RecordingPlugin("p"))], library);
    await writeFile(file, "");
    const outcome = await proxy.prepare(CONFIG);
    assert.match(outcome.kind === "refused" ? (outcome.reasons[0] ?? "") : "", /ENOTDIR/);
  });
});
