// A plugin that is built again after each change of one of its files.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { BuildResult } from "./build-plugin.ts";
import { watchPlugin } from "./watch-plugin.ts";

const PLUGIN = `import { definePlugin, s } from "@sluice/plugin-sdk";
import { word } from "./word.ts";
export default definePlugin({
  name: "watched", version: "1.0.0", priority: 1, config: s.object({}),
  onRequest(ctx) { ctx.response.setHeader("X-Word", word); },
});
`;

let dir: string;
let stopping: AbortController;
let watching: Promise<void>;
let results: BuildResult[];
let wake: () => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-watch-"));
  stopping = new AbortController();
  results = [];
  wake = () => {};
});
afterEach(async () => {
  stopping.abort();
  await watching;
  await rm(dir, { recursive: true, force: true });
});

function start(): void {
  const options = { entry: join(dir, "plugin.ts"), outDir: dir, check: false };
  const onBuilt = (result: BuildResult): void => {
    results.push(result);
    wake();
  };
  watching = watchPlugin(options, onBuilt, stopping.signal);
}

async function next(): Promise<BuildResult> {
  while (results.length === 0) {
    // It ends only when it fails.
    await Promise.race([watching, new Promise<void>((resolve) => (wake = resolve))]);
  }
  return results.shift() as BuildResult; // There is one.
}

async function nextWasm(): Promise<Buffer> {
  const result = await next();
  assert.equal(result.kind, "built", "diagnostics" in result ? result.diagnostics.join("\n") : "");
  return readFile(join(dir, "watched.wasm"));
}

const write = (name: string, text: string): Promise<void> => writeFile(join(dir, name), text);

describe("a plugin that is watched", () => {
  test("is built at once, and again when a file that it imports changes", async () => {
    await write("plugin.ts", PLUGIN);
    await write("word.ts", 'export const word = "first-word";');
    start();
    assert.ok((await nextWasm()).includes("first-word"));
    await write("word.ts", 'export const word = "second-word";');
    assert.ok((await nextWasm()).includes("second-word"));
    // As editors do it that write beside the file first.
    await write("word.ts.new", 'export const word = "third-word";');
    await rename(join(dir, "word.ts.new"), join(dir, "word.ts"));
    assert.ok((await nextWasm()).includes("third-word"));
  });

  test("keeps its last .wasm while there is a fault, and says where that is", async () => {
    await write("plugin.ts", PLUGIN);
    await write("word.ts", 'export const word = "first-word";');
    start();
    const good = await nextWasm();
    await write("word.ts", "export const word = ;");
    const result = await next();
    assert.equal(result.kind, "failed");
    assert.match("diagnostics" in result ? (result.diagnostics[0] ?? "") : "", /word\.ts:1:21: /);
    assert.ok((await readFile(join(dir, "watched.wasm"))).equals(good), "the .wasm has changed");
    await write("word.ts", 'export const word = "second-word";');
    assert.ok((await nextWasm()).includes("second-word"));
  });

  test("is built when a file comes that was missing", async () => {
    await write("plugin.ts", PLUGIN);
    start();
    assert.equal((await next()).kind, "failed");
    await write("word.ts", 'export const word = "late-word";');
    assert.ok((await nextWasm()).includes("late-word"));
  });

  test("is built when a file comes that was missing, imported without its extension", async () => {
    await write("plugin.ts", PLUGIN.replace("./word.ts", "./word"));
    start();
    assert.equal((await next()).kind, "failed");
    await write("word.ts", 'export const word = "late-word";');
    assert.ok((await nextWasm()).includes("late-word"));
  });

  test("is built when it comes itself", async () => {
    await write("word.ts", 'export const word = "early-word";');
    start();
    assert.equal((await next()).kind, "failed");
    await write("plugin.ts", PLUGIN);
    assert.ok((await nextWasm()).includes("early-word"));
  });
});
