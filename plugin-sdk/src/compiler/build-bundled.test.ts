// The plugins of a folder, each built once for its content.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildBundled } from "./build-bundled.ts";

const SOURCE = `import { definePlugin, s } from "@sluice/plugin-sdk";
export default definePlugin({
  name: "NAME", version: "1.0.0", priority: 1, config: s.object({}), onRequest() {},
});
`;

let pluginsDir: string;
let outDir: string;
before(async () => {
  pluginsDir = await mkdtemp(join(tmpdir(), "sluice-bundled-"));
  outDir = join(pluginsDir, "dist");
  for (const name of ["one", "two"]) await writePlugin(name, SOURCE.replace("NAME", name));
});
after(() => rm(pluginsDir, { recursive: true, force: true }));

async function writePlugin(name: string, source: string): Promise<void> {
  await mkdir(join(pluginsDir, name), { recursive: true });
  await writeFile(join(pluginsDir, name, "plugin.ts"), source);
}

async function builtNames(): Promise<string[]> {
  const plugins = await buildBundled({ pluginsDir, outDir });
  assert.deepEqual([...plugins.keys()], ["one", "two"]);
  for (const [name, { path }] of plugins) assert.equal(path, join(outDir, `${name}.wasm`));
  return [...plugins].filter(([, { built }]) => built).map(([name]) => name);
}

test("builds what is new, changed or gone, and nothing else", async () => {
  assert.deepEqual(await builtNames(), ["one", "two"]);
  const before = await stat(join(outDir, "one.wasm"));
  assert.deepEqual(await builtNames(), []);

  await writeFile(join(pluginsDir, "two", "plugin.test.ts"), "// A test is no part of it.");
  assert.deepEqual(await builtNames(), []);
  await writeFile(join(pluginsDir, "two", "more.ts"), "export const more = 1;");
  assert.deepEqual(await builtNames(), ["two"]);

  await rm(join(outDir, "two.wasm"));
  assert.deepEqual(await builtNames(), ["two"]);
  assert.equal((await stat(join(outDir, "one.wasm"))).mtimeMs, before.mtimeMs);
});

test("says which plugin cannot be built, and leaves its last .wasm in place", async () => {
  await buildBundled({ pluginsDir, outDir });
  await writePlugin("two", SOURCE.replace("NAME", "Not A Name"));
  await assert.rejects(buildBundled({ pluginsDir, outDir }), /two\/plugin\.ts:\d+:\d+: TypeError/);
  assert.ok((await stat(join(outDir, "two.wasm"))).size > 0);
  await writePlugin("two", SOURCE.replace("NAME", "two"));
});
