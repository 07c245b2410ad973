import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { look, watch } from "./watcher.ts";
import type { Watched } from "./watcher.ts";

interface Watching {
  readonly reports: (readonly string[])[];
  /** Waits for the next report. */
  next(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

async function watching(watched: Watched): Promise<Watching> {
  const stopping = new AbortController();
  const reports: (readonly string[])[] = [];
  let wake: (report: readonly string[]) => void = () => undefined;
  const done = watch(
    await look(watched),
    (changed) => {
      reports.push(changed);
      wake(changed);
      return Promise.resolve();
    },
    stopping.signal,
  );
  return {
    reports,
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

describe("watch", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-watch-"));
  });
  after(() => rm(folder, { recursive: true }));

  test("reports each change once: changed, replaced, added and removed files", async () => {
    const config = join(folder, "config.yaml");
    const plugins = join(folder, "plugins");
    const plugin = join(plugins, "a.wasm");
    await mkdir(plugins);
    await writeFile(config, "one");
    const { next, reports, stop } = await watching({ files: [config], folders: [plugins] });

    await writeFile(config, "longer");
    assert.deepEqual(await next(), [config]);
    await writeFile(`${config}.new`, "longer");
    await rename(`${config}.new`, config);
    assert.deepEqual(await next(), [config]);
    await writeFile(join(plugins, "notes.txt"), "no plugin");
    await writeFile(plugin, "wasm");
    assert.deepEqual(await next(), [plugin]);
    await writeFile(`${plugin}.sig`, "signature");
    assert.deepEqual(await next(), [`${plugin}.sig`]);
    await rm(plugin);
    assert.deepEqual(await next(), [plugin]);
    await writeFile(config, "x");
    await writeFile(plugin, "y");
    assert.deepEqual((await next()).toSorted(), [config, plugin].toSorted());
    assert.equal(reports.length, 6);
    await stop();
  });

  test("reports a plugin that was replaced as a whole before one that is written in its place", async () => {
    const [replaced, written] = [join(folder, "replaced"), join(folder, "written")];
    const order: string[] = [];
    const stops: (() => Promise<void>)[] = [];
    const reports: Promise<unknown>[] = [];
    for (const plugins of [replaced, written]) {
      await mkdir(plugins);
      await writeFile(join(plugins, "a.wasm"), "one");
      const { next, stop } = await watching({ files: [], folders: [plugins] });
      stops.push(stop);
      reports.push(next().then(() => order.push(plugins)));
    }
    await writeFile(join(written, "a.wasm"), "other");
    await writeFile(join(replaced, "a.wasm.new"), "other");
    await rename(join(replaced, "a.wasm.new"), join(replaced, "a.wasm"));
    await Promise.all(reports);
    // The first is taken at the next look, ten times as soon.
    assert.deepEqual(order, [replaced, written]);
    for (const stop of stops) await stop();
  });

  test("reports what changed between the look and the start", async () => {
    const config = join(folder, "early.yaml");
    await writeFile(config, "one");
    const before = await look({ files: [config], folders: [] });
    await writeFile(config, "longer");
    const stopping = new AbortController();
    const changed = Promise.withResolvers<readonly string[]>();
    const done = watch(before, (paths) => Promise.resolve(changed.resolve(paths)), stopping.signal);
    assert.deepEqual(await changed.promise, [config]);
    stopping.abort();
    await done;
  });

  test("waits until a file is no longer being written", async () => {
    const config = join(folder, "slow.yaml");
    await writeFile(config, "");
    const { next, reports, stop } = await watching({ files: [config], folders: [] });
    let isWriting = true;
    const writing = (async (): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        await appendFile(config, "line\n");
        await new Promise((resolve) => setTimeout(resolve, 15));
        assert.deepEqual(reports, [], "reported while it was written");
      }
      isWriting = false;
    })();
    await next();
    assert.equal(isWriting, false);
    await writing;
    await stop();
  });

  test("sees what comes into a folder that was not there", async () => {
    const late = join(folder, "late");
    const { next, stop } = await watching({ files: [], folders: [late] });
    const reported = next();
    await mkdir(late);
    await writeFile(join(late, "p.wasm"), "x");
    assert.deepEqual(await reported, [join(late, "p.wasm")]);
    await stop();
  });

  test("ends when it is told to, even before it began", async () => {
    const stopped = await watching({ files: [], folders: [] });
    await stopped.stop();
    const nothing = await look({ files: [], folders: [] });
    await watch(nothing, () => assert.fail(), AbortSignal.abort());
  });
});
