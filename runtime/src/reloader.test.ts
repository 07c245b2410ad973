import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ConfigRefused } from "./assemble.ts";
import type { Logger } from "./log.ts";
import { Pipeline } from "./pipeline.ts";
import { RecordingPlugin } from "./plugins/plugin.testing.ts";
import { PluginLibrary } from "./plugins/wasm/library.ts";
import { Reloader } from "./reloader.ts";
import { Snapshot } from "./snapshot.ts";
import { Metrics } from "./status/metrics.ts";
import { RouteStats } from "./status/route-stats.ts";

function snapshotWith(plugin: RecordingPlugin): Snapshot {
  return new Snapshot({
    config: { services: [], routes: [], upstreams: [], consumers: [], plugins: [] },
    plugins: new Map([["p", { plugin, credentialNames: [] }]]),
    transport: () => assert.fail("there is no service"),
    routeStats: (service, route) => new RouteStats(service, route),
  });
}

interface Reloading {
  readonly reloader: Reloader;
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  readonly errors: string[];
  readonly first: RecordingPlugin;
}

function reloading(assemble: () => Promise<Snapshot>, folder = "/nowhere"): Reloading {
  const errors: string[] = [];
  const nothing = (): void => undefined;
  const log: Logger = {
    info: nothing,
    warn: nothing,
    error: (message) => errors.push(message),
    requestRefused: nothing,
    requestFailed: nothing,
    pluginFailed: nothing,
    write: nothing,
    flush: nothing,
  };
  const metrics = new Metrics(() => 0);
  const first = new RecordingPlugin("p");
  const pipeline = new Pipeline(snapshotWith(first), { metrics, log });
  const library = new PluginLibrary([folder]);
  const reloader = new Reloader({ pipeline, library, metrics, log, assemble });
  return { reloader, pipeline, metrics, errors, first };
}

describe("Reloader", () => {
  test("puts the new config in the old one's place and closes its plugins", async () => {
    const next = snapshotWith(new RecordingPlugin("p"));
    const { reloader, pipeline, metrics, first } = reloading(() => Promise.resolve(next));
    await reloader.reload("test");
    assert.equal(pipeline.snapshot, next);
    assert.equal(first.isClosed, true);
    assert.deepEqual(metrics.reloads, { succeeded: 1, refused: 0 });
  });

  test("changes nothing when the new config is refused, and says each reason", async () => {
    const { reloader, pipeline, metrics, errors, first } = reloading(() =>
      Promise.reject(new ConfigRefused(["f:1:1: one", "f:2:2: two"])),
    );
    const before = pipeline.snapshot;
    await reloader.reload("test");
    assert.equal(pipeline.snapshot, before);
    assert.deepEqual([first.isClosed, reloader.isCurrent], [false, false]);
    assert.deepEqual(metrics.reloads, { succeeded: 0, refused: 1 });
    assert.match(errors[0] ?? "", /f:1:1: one$/);
    assert.match(errors[1] ?? "", /f:2:2: two$/);
  });

  test("goes on after a failure of any kind", async () => {
    const next = snapshotWith(new RecordingPlugin("p"));
    const results = [() => Promise.reject(new Error("odd")), () => Promise.resolve(next)];
    const { reloader, pipeline } = reloading(() => results.shift()?.() ?? assert.fail());
    await reloader.reload("one");
    await reloader.reload("two");
    assert.deepEqual([pipeline.snapshot, reloader.isCurrent], [next, true]);
  });

  test("survives a plugins folder that cannot be read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-reload-"));
    after(() => rm(folder, { recursive: true }));
    const file = join(folder, "no-folder");
    await writeFile(file, "");
    const { reloader, errors } = reloading(() => assert.fail(), file);
    await reloader.reload("test");
    assert.match(errors[0] ?? "", /ENOTDIR/);
    assert.equal(reloader.isCurrent, false);
  });

  test("does one at a time, in order", async () => {
    let running = 0;
    const order: number[] = [];
    const { reloader } = reloading(async () => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      order.push(order.length);
      return snapshotWith(new RecordingPlugin("p"));
    });
    await Promise.all([reloader.reload("a"), reloader.reload("b"), reloader.reload("c")]);
    assert.deepEqual(order, [0, 1, 2]);
  });
});
