// `sluice plugin build`: type-checked TypeScript in, a small .wasm out that asks for nothing but our host functions.
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { test } from "node:test";

import { forwardAll } from "../harness/config.ts";
import { startGateway } from "../harness/gateway.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratchWithSdk } from "../harness/scratch.ts";
import { startUpstream } from "../harness/upstream.ts";
import { importsOf } from "../harness/wat.ts";

const scratch = await useScratchWithSdk();

const SOURCE = `
import { definePlugin, s } from "@sluice/plugin-sdk";
import { shout } from "./shout.ts";

export default definePlugin({
  name: "greeter",
  version: "1.2.3",
  priority: 42,
  config: s.object({ greeting: s.string() }),
  onRequest(ctx, { greeting }) {
    const words = new Map([["a", greeting]]);
    ctx.response.setHeader("X-Greeting", shout(words.get("a") ?? "").replace(/O/g, "0"));
  },
});
`;
const MODULE = "export function shout(text: string): string {\n  return text.toUpperCase();\n}\n";

await scratch.write("shout.ts", MODULE);
const source = await scratch.write("greeter.ts", SOURCE);

async function build(path: string, output: string): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await sluice(["plugin", "build", path, "-o", output]);
  return { code, text: stdout + stderr };
}

test("plugin build: gives a module of at most 1 MB that imports only extism:host/*", async () => {
  const output = scratch.path("greeter.wasm");
  const start = performance.now();
  const { code, text } = await build(source, output);
  const tookMs = performance.now() - start;
  assert.equal(code, 0, text);
  assert.ok((await stat(output)).size <= 1_048_576);
  const imports = importsOf(Uint8Array.from(await readFile(output)));
  assert.ok(imports.length > 0);
  assert.deepEqual(
    imports.filter((name) => !name.startsWith("extism:host/")),
    [],
  );
  // The promise is 2 s; this is a net for a hang, since tests do not judge times on a busy machine.
  assert.ok(tookMs < 15_000, `${tookMs} ms`);
});

test("plugin build: what it built runs in a gateway under the file's name, with its config", async () => {
  const output = scratch.path("hello.wasm");
  assert.equal((await build(source, output)).code, 0);
  const upstream = await startUpstream();
  const gateway = await startGateway({
    config: forwardAll(upstream.port, {
      plugins: [{ name: "greeter", config: { greeting: "hello" } }],
    }),
    plugins: { greeter: await readFile(output) },
  });
  try {
    assert.equal((await gateway.get("/")).header("x-greeting"), "HELL0");
  } finally {
    await gateway.stop();
    await upstream.close();
  }
});

test("plugin build: the same source gives the same bytes", async () => {
  await build(source, scratch.path("first.wasm"));
  await build(source, scratch.path("second.wasm"));
  const [first, second] = await Promise.all(
    ["first.wasm", "second.wasm"].map((name) => readFile(scratch.path(name))),
  );
  assert.equal(first?.equals(second ?? Buffer.alloc(0)), true);
});

interface Rejected {
  readonly what: string;
  readonly edit: (text: string) => string;
  readonly says: RegExp;
}

const REJECTED: readonly Rejected[] = [
  {
    what: "a misspelt config field",
    edit: (text) =>
      text
        .replace("(ctx, { greeting })", "(ctx, { greetnig })")
        .replaceAll("greeting]", "greetnig]"),
    says: /bad\.ts.*10.*greetnig|greetnig[\s\S]*bad\.ts.*10/,
  },
  {
    what: "a method that the context does not have",
    edit: (text) => text.replace("ctx.response.setHeader", "ctx.response.setHaeder"),
    says: /setHaeder/,
  },
  {
    what: "a syntax error",
    edit: (text) => text.replace("onRequest(ctx", "onRequest((ctx"),
    says: /bad\.ts/,
  },
  {
    what: "an import that does not exist",
    edit: (text) => text.replace("./shout.ts", "./whisper.ts"),
    says: /whisper/,
  },
  {
    what: "an import that a sandbox does not have",
    edit: (text) =>
      text
        .replace(
          'import { shout } from "./shout.ts"',
          'import { readFileSync as shout } from "node:fs"',
        )
        .replace("shout(words", "String(words"),
    says: /node:fs/,
  },
  {
    what: "no default export",
    edit: (text) =>
      text.replace("export default definePlugin", "export const plugin = definePlugin"),
    says: /default/,
  },
  {
    what: "a name that no config could use",
    edit: (text) => text.replace('name: "greeter"', 'name: "Greeter Plugin"'),
    says: /Greeter Plugin/,
  },
];

for (const { what, edit, says } of REJECTED) {
  test(`plugin build: ${what} fails with a message and leaves no file`, async () => {
    const path = await scratch.write("bad.ts", edit(SOURCE));
    const output = scratch.path("bad.wasm");
    const { code, text } = await build(path, output);
    assert.equal(code, 1, text);
    assert.match(text, says);
    await assert.rejects(stat(output), { code: "ENOENT" });
  });
}
