// The folder that a new plugin starts with.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { emulate } from "../emulator/emulate.ts";
import { buildPlugin } from "./build-plugin.ts";
import { newPlugin } from "./new-plugin.ts";

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-new-"));
});
after(() => rm(dir, { recursive: true, force: true }));

test("has a plugin that passes the type check and works", async () => {
  const made = await newPlugin("my-first", dir);
  assert.deepEqual(made, {
    kind: "made",
    folder: join(dir, "my-first"),
    files: ["plugin.ts", "plugin.test.ts", "README.md", "package.json", "tsconfig.json"],
  });
  const result = await buildPlugin({ entry: join(dir, "my-first", "plugin.ts") });
  if (result.kind === "failed") assert.fail(result.diagnostics.join("\n"));
  assert.equal(result.manifest.name, "my-first");
  const gateway = await emulate({ plugin: result.wasm });
  assert.equal((await gateway.request()).status, 400);
  assert.equal((await gateway.request({ headers: { "X-Tenant": "a" } })).status, 200);
});

test("is refused for what is no name of a plugin", async () => {
  for (const name of ["", "Bad", "a b", "../a", "a--b", "-a", "a".repeat(65)]) {
    const made = await newPlugin(name, dir);
    assert.equal(made.kind, "refused", name);
    assert.match("reason" in made ? made.reason : "", /is no name for a plugin/);
  }
});

test("overwrites nothing", async () => {
  await mkdir(join(dir, "taken"));
  await writeFile(join(dir, "taken", "plugin.ts"), "mine");
  await writeFile(join(dir, "a-file"), "mine");
  for (const name of ["taken", "a-file"]) {
    const made = await newPlugin(name, dir);
    assert.match("reason" in made ? made.reason : "", /is there already: nothing was written/);
  }
  assert.deepEqual(await readdir(join(dir, "taken")), ["plugin.ts"]);
  assert.equal(await readFile(join(dir, "taken", "plugin.ts"), "utf8"), "mine");
});
