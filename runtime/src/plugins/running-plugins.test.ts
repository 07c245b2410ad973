import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordingPlugin } from "./plugin.testing.ts";
import { RunningPlugins } from "./running-plugins.ts";

test("what has the same key runs once, and ends with its last user", async () => {
  const running = new RunningPlugins();
  const plugin = new RecordingPlugin("a");
  let starts = 0;
  const start = (): Promise<RecordingPlugin> => {
    starts++;
    return Promise.resolve(plugin);
  };
  const first = await running.acquire("key", start);
  const second = await running.acquire("key", start);
  assert.equal(starts, 1);
  first.close();
  first.close();
  assert.equal(plugin.isClosed, false);
  second.close();
  assert.equal(plugin.isClosed, true);
  await running.acquire("key", start);
  assert.equal(starts, 2);
});

test("other keys are other plugins", async () => {
  const running = new RunningPlugins();
  const plugins = ["a", "b"].map((name) => new RecordingPlugin(name));
  const leases = await Promise.all(
    plugins.map((plugin) => running.acquire(plugin.name, () => Promise.resolve(plugin))),
  );
  assert.deepEqual(
    leases.map(({ name }) => name),
    ["a", "b"],
  );
  leases[0]?.close();
  assert.deepEqual(
    plugins.map(({ isClosed }) => isClosed),
    [true, false],
  );
});

test("one that cannot start leaves nothing behind", async () => {
  const running = new RunningPlugins();
  const broken = (): Promise<RecordingPlugin> => Promise.reject(new Error("no"));
  await assert.rejects(running.acquire("key", broken), /no/);
  const plugin = new RecordingPlugin("a");
  assert.equal((await running.acquire("key", () => Promise.resolve(plugin))).name, "a");
});
