// `sluice conformance FILE.wasm`: what is said of good and bad plugins, and the exit code.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildGuest } from "../harness/guests.ts";
import { buildAssemblyScript, buildC, withoutClang } from "../harness/languages.ts";
import { ROOT, sluice } from "../harness/runtime.ts";
import { access, guest } from "../harness/wat.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-conformance-command-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function check(
  name: string,
  wasm: Uint8Array,
  ...options: readonly string[]
): Promise<{ code: number | null; lines: string[] }> {
  const file = join(folder, `${name}.wasm`);
  await writeFile(file, wasm);
  const { code, stdout, stderr } = await sluice(["conformance", file, ...options]);
  assert.equal(stderr, "");
  return { code, lines: stdout.trim().split("\n") };
}

function faultsOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith("FAIL"));
}

test("conformance: a policy in TypeScript passes", async () => {
  const { code, lines } = await check("versioned", await buildGuest("versioned-one"));
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
  assert.match(lines.at(-1) ?? "", /versioned\.wasm: \d+ passed, 0 failed, \d+ skipped$/);
});

const EXAMPLE = "example/key-and-limit";

test("conformance: a policy in AssemblyScript passes", async () => {
  const source = `plugin-sdk/assemblyscript/${EXAMPLE}`;
  const { code, lines } = await check(
    "as",
    await buildAssemblyScript(`${source}.ts`, `${source}.json`),
  );
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});

test("conformance: a policy in C passes", { skip: withoutClang() }, async () => {
  const source = `plugin-sdk/c/${EXAMPLE}`;
  const { code, lines } = await check("c", await buildC(`${source}.c`, `${source}.json`));
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});

test("conformance: all that AssemblyScript's library has stands up to every fault", async () => {
  const source = "plugin-sdk/assemblyscript/example/everything";
  const wasm = await buildAssemblyScript(`${source}.ts`, `${source}.json`);
  const { code, lines } = await check("everything", wasm);
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});

test("conformance: what is wrong is said, and the exit code is 1", async () => {
  const { code, lines } = await check("odd", guest({ name: "odd", body: access("(i32.const 7)") }));
  assert.match(faultsOf(lines).join("\n"), /^FAIL {2}access: a plain GET.*returned 7/m);
  assert.equal(code, 1);
});

test("conformance: a config of the user's is the one that counts", async () => {
  const source = `plugin-sdk/assemblyscript/${EXAMPLE}`;
  const wasm = await buildAssemblyScript(`${source}.ts`, `${source}.json`);
  const config = join(folder, "config.json");
  await writeFile(config, '{"keys":[]}');
  const { code, lines } = await check("configured", wasm, "--config", config);
  assert.match(faultsOf(lines)[0] ?? "", /keys: expected at least one/);
  assert.equal(code, 1);
});

test("W1 conformance: a plugin that never comes back is ended", async () => {
  const wasm = guest({ name: "loops", body: access("(loop $again (br $again)) (i32.const 0)") });
  const { code, lines } = await check("loops", wasm, "--time-limit", "3000");
  assert.match(lines.at(-1) ?? "", /^FAIL .* 3000 ms$/);
  assert.equal(code, 1);
});

test("conformance: what is no file is a wrong usage", async () => {
  const { code, stderr } = await sluice(["conformance", join(folder, "none.wasm")]);
  assert.equal(code, 1);
  assert.match(stderr, /there is no file/);
  assert.equal((await sluice(["conformance"])).code, 2);
});

/** The first code block of that language in a Markdown file of the checkout. */
async function exampleOf(path: string, language: string): Promise<string> {
  const text = await readFile(join(ROOT, path), "utf8");
  const [, code] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(text) ?? [];
  assert.ok(code, `${path} has no example`);
  return code;
}

test("conformance: the example of AssemblyScript's README passes", async () => {
  const source = join(folder, "deny.ts");
  await writeFile(source, await exampleOf("plugin-sdk/assemblyscript/README.md", "ts"));
  const { code, lines } = await check("deny", await buildAssemblyScript(source));
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});

test("conformance: the example of the ABI's own page passes, compiled as it says", async () => {
  const source = join(folder, "guest.ts");
  await writeFile(source, await exampleOf("plugin-sdk/ABI.md", "ts"));
  const page = await readFile(join(ROOT, "plugin-sdk/ABI.md"), "utf8");
  const [, options = ""] = /^ {4}asc guest\.ts (.*) -o guest\.wasm$/m.exec(page) ?? [];
  const wasm = await buildAssemblyScript(source, undefined, options.split(" "));
  const { code, lines } = await check("guest", wasm);
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});

test("conformance: the example of C's README passes", { skip: withoutClang() }, async () => {
  const source = join(folder, "agent.c");
  await writeFile(source, await exampleOf("plugin-sdk/c/README.md", "c"));
  const { code, lines } = await check("agent", await buildC(source));
  assert.deepEqual(faultsOf(lines), []);
  assert.equal(code, 0);
});
