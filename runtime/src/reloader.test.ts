import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigRefused } from "./assemble.ts";
import type { ConfigText } from "./assemble.ts";
import type { Logger } from "./log.ts";
import type { Preparation } from "./proxy-thread.ts";
import { Reloader } from "./reloader.ts";
import { Metrics } from "./status/metrics.ts";
import { ModulesMissing } from "./supplied-config.ts";

const FILE: ConfigText = { file: "f", text: "of the file" };
const PREPARED: Preparation = { kind: "prepared", skippedFiles: [] };

interface Reloading {
  readonly reloader: Reloader;
  readonly metrics: Metrics;
  readonly errors: string[];
  /** The text of each config that was to be replaced. */
  readonly seen: string[];
  /** How many times in a row modules were missing, when each retry was planned. */
  readonly delays: number[];
  readonly fromFile: () => Promise<ConfigText>;
}

function reloading(
  replace: (config: ConfigText) => Promise<Preparation> = () => Promise.resolve(PREPARED),
): Reloading {
  const errors: string[] = [];
  const seen: string[] = [];
  const nothing = (): void => undefined;
  const log: Logger = {
    info: nothing,
    warn: nothing,
    error: (message) => errors.push(message),
    requestRefused: nothing,
    requestFailed: nothing,
    pluginFailed: nothing,
    write: nothing,
    flush: () => Promise.resolve(true),
  };
  const metrics = new Metrics(() => 0);
  const delays: number[] = [];
  const fromFile = (): Promise<ConfigText> => Promise.resolve(FILE);
  const reloader = new Reloader({
    replace: (config) => {
      seen.push(config.text);
      return replace(config);
    },
    metrics,
    log,
    source: fromFile,
    retryDelayMs: (times) => {
      delays.push(times);
      return 1;
    },
  });
  return { reloader, metrics, errors, seen, delays, fromFile };
}

function posted(text: string): () => Promise<ConfigText> {
  return () => Promise.resolve({ file: "f", text });
}

describe("Reloader", () => {
  test("counts what was applied and what was refused, and says each reason", async () => {
    const outcomes: Preparation[] = [
      { kind: "refused", skippedFiles: [], reasons: ["f:1:1: one", "f:2:2: two"] },
      PREPARED,
    ];
    const { reloader, metrics, errors } = reloading(() =>
      Promise.resolve(outcomes.shift() ?? assert.fail()),
    );
    assert.deepEqual(await reloader.reload("test"), {
      kind: "refused",
      reasons: ["f:1:1: one", "f:2:2: two"],
    });
    assert.equal(reloader.isCurrent, false);
    assert.match(errors[0] ?? "", /f:1:1: one$/);
    assert.match(errors[1] ?? "", /f:2:2: two$/);
    assert.deepEqual(await reloader.reload("test"), { kind: "applied" });
    assert.deepEqual([reloader.isCurrent, metrics.reloads], [true, { succeeded: 1, refused: 1 }]);
  });

  test("names plugin files that are not used, refused or not", async () => {
    const { reloader, errors } = reloading(() =>
      Promise.resolve({ ...PREPARED, skippedFiles: ["p is broken"] }),
    );
    await reloader.reload("test");
    assert.deepEqual(errors, ["p is broken; the file is not used"]);
  });

  test("refuses a config that cannot be read", async () => {
    const { reloader, seen } = reloading();
    const unreadable = (): Promise<ConfigText> => Promise.reject(new ConfigRefused(["no file"]));
    assert.deepEqual(await reloader.reload("test", unreadable), {
      kind: "refused",
      reasons: ["no file"],
    });
    assert.deepEqual(seen, []);
  });

  test("takes the config that is served when only a plugin has changed", async () => {
    const outcomes: Preparation[] = [PREPARED, { kind: "refused", skippedFiles: [], reasons: [] }];
    const { reloader, seen } = reloading(() => Promise.resolve(outcomes.shift() ?? PREPARED));
    await reloader.reload("POST", posted("good"));
    await reloader.reload("POST", posted("bad"));
    await reloader.reload("plugin");
    assert.deepEqual(seen, ["good", "bad", "good"]);
  });

  test("goes on after a failure of any kind", async () => {
    const results = [() => Promise.reject(new Error("odd")), () => Promise.resolve(PREPARED)];
    const { reloader } = reloading(() => results.shift()?.() ?? assert.fail());
    assert.equal((await reloader.reload("one")).kind, "refused");
    assert.equal((await reloader.reload("two")).kind, "applied");
  });

  test("asks again for modules that are missing, and is not ready until they came", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    let left = 3;
    const { reloader, fromFile, delays, seen } = reloading(() => {
      if (left-- > 0) return Promise.reject(new ModulesMissing(["f:1:1: plugin p: no answer"]));
      arrive();
      return Promise.resolve(PREPARED);
    });
    assert.equal((await reloader.reload("file", fromFile)).kind, "refused");
    assert.equal(reloader.missing, "f:1:1: plugin p: no answer");
    await arrived;
    // Stands in line behind the one that succeeds.
    await reloader.reload("file", fromFile);
    assert.deepEqual([reloader.missing, reloader.isCurrent], [undefined, true]);
    assert.deepEqual([delays, seen.length], [[1, 2, 3], 5]);
  });

  test("does not ask again for the modules of a config that was posted", async () => {
    const { reloader, delays } = reloading(() => Promise.reject(new ModulesMissing(["no answer"])));
    assert.equal((await reloader.reload("POST", posted("x"))).kind, "refused");
    assert.deepEqual([reloader.missing, delays], [undefined, []]);
  });

  test("asks no more when it is stopped", async () => {
    const { reloader, fromFile, delays } = reloading(() =>
      Promise.reject(new ModulesMissing(["no answer"])),
    );
    reloader.stop();
    await reloader.reload("file", fromFile);
    assert.deepEqual(delays, []);
  });

  test("does one at a time, in order", async () => {
    let running = 0;
    const { reloader, seen } = reloading(async () => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return PREPARED;
    });
    await Promise.all(["a", "b", "c"].map((text) => reloader.reload(text, posted(text))));
    assert.deepEqual(seen, ["a", "b", "c"]);
  });
});
