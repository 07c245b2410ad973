import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FileSinks } from "./file-sink.ts";

interface Noted {
  readonly sinks: FileSinks;
  readonly dropped: number[];
  readonly failed: string[];
}

function sinksThatNote(): Noted {
  const dropped: number[] = [];
  const failed: string[] = [];
  const sinks = new FileSinks({
    onDropped: (_, lines) => dropped.push(lines),
    onFailed: (path) => failed.push(path),
  });
  return { sinks, dropped, failed };
}

/** Waits until the file has this many lines, by looking; the runner's own time limit ends it. */
async function untilLines(path: string, count: number): Promise<string[]> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    const lines = text.split("\n").slice(0, -1);
    if (lines.length >= count) return lines;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("FileSinks", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-sink-"));
  });
  after(() => rm(folder, { recursive: true }));

  test("writes lines in order, each once, in the background", async () => {
    const { sinks, dropped } = sinksThatNote();
    const path = join(folder, "order.log");
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n}`);
    for (const line of lines.slice(0, 250)) sinks.append(path, `${line}\n`, false);
    await untilLines(path, 1);
    for (const line of lines.slice(250)) sinks.append(path, `${line}\n`, false);
    assert.deepEqual(await untilLines(path, 500), lines);
    await sinks.close();
    assert.deepEqual(dropped, []);
  });

  test("writes what is queued when it closes", async () => {
    const { sinks } = sinksThatNote();
    const path = join(folder, "close.log");
    sinks.append(path, "a\n", false);
    sinks.append(path, "b\n", false);
    await sinks.close();
    assert.equal(await readFile(path, "utf8"), "a\nb\n");
  });

  test("writes what came during a write when it closes", async () => {
    const { sinks } = sinksThatNote();
    const path = join(folder, "meanwhile.log");
    sinks.append(path, "a\n", false);
    await untilLines(path, 1);
    sinks.append(path, "b\n", false);
    await sinks.close();
    assert.equal(await readFile(path, "utf8"), "a\nb\n");
  });

  test("appends to what the file has, as UTF-8, for its owner and group only", async () => {
    const path = join(folder, "again.log");
    for (const text of ["ä\n", "b\n"]) {
      const { sinks } = sinksThatNote();
      sinks.append(path, text, false);
      await sinks.close();
    }
    assert.equal(await readFile(path, "utf8"), "ä\nb\n");
    assert.equal((await stat(path)).mode & 0o137, 0);
  });

  test("goes on writing to a file that was moved away, and to the new one with reopen", async () => {
    const { sinks } = sinksThatNote();
    const path = join(folder, "rotated.log");
    sinks.append(path, "1\n", false);
    await untilLines(path, 1);
    await rename(path, `${path}.1`);
    sinks.append(path, "2\n", false);
    assert.deepEqual(await untilLines(`${path}.1`, 2), ["1", "2"]);
    sinks.append(path, "3\n", true);
    assert.deepEqual(await untilLines(path, 1), ["3"]);
    await sinks.close();
    assert.equal(await readFile(`${path}.1`, "utf8"), "1\n2\n");
  });

  test("keeps files apart", async () => {
    const { sinks } = sinksThatNote();
    const paths = ["x.log", "y.log"].map((name) => join(folder, name));
    for (const path of paths) sinks.append(path, `${path}\n`, false);
    await sinks.close();
    for (const path of paths) assert.equal(await readFile(path, "utf8"), `${path}\n`);
  });

  test("drops and counts lines past its bound instead of growing (O7)", async () => {
    const { sinks, dropped } = sinksThatNote();
    const path = join(folder, "bound.log");
    const megabyte = `${"x".repeat(1024 * 1024 - 1)}\n`;
    for (let n = 0; n < 12; n++) sinks.append(path, megabyte, false);
    assert.deepEqual(dropped, [1, 1, 1, 1]);
    await sinks.close();
    assert.equal((await stat(path)).size, 8 * 1024 * 1024);
  });

  test("reports a file that cannot be written, with the lines it lost, and goes on", async () => {
    const { sinks, dropped, failed } = sinksThatNote();
    const missing = join(folder, "no-folder", "x.log");
    for (const line of ["a\n", "b\n"]) sinks.append(missing, line, false);
    const path = join(folder, "fine.log");
    sinks.append(path, "c\n", false);
    await sinks.close();
    assert.deepEqual([failed, dropped], [[missing], [2]]);
    assert.equal(await readFile(path, "utf8"), "c\n");
  });

  test("never cut each other's lines on one file, however many come at once", async () => {
    const path = join(folder, "shared.log");
    const writers = ["a", "b"].map((letter) => ({ letter, sinks: sinksThatNote().sinks }));
    for (let n = 0; n < 3000; n++) {
      for (const { letter, sinks } of writers) {
        sinks.append(path, `${letter.repeat(n % 7 === 0 ? 5000 : 400)}\n`, false);
      }
    }
    await Promise.all(writers.map(({ sinks }) => sinks.close()));
    const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
    assert.equal(lines.length, 6000);
    assert.ok(lines.every((line) => line === line.charAt(0).repeat(line.length)));
  });

  test("write a line as a whole that is longer than what goes in one write", async () => {
    const path = join(folder, "long.log");
    const { sinks } = sinksThatNote();
    const lines = ["short", "x".repeat(300_000), "after"];
    for (const line of lines) sinks.append(path, `${line}\n`, false);
    await sinks.close();
    const written = (await readFile(path, "utf8")).split("\n");
    assert.deepEqual(
      written.map((line) => line.length),
      [5, 300_000, 5, 0],
    );
  });
});
