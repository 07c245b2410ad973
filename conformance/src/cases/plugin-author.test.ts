// What a plugin's author does, from the first command to a change that is live: new, test, build --watch, inspect.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { forwardAll } from "../harness/config.ts";
import { eventually, Watch } from "../harness/deadline.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { sluice, spawnProgram } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

// Outside of the checkout and of any project: the SDK comes with the command.
const scratch = await useScratch();

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

async function run(...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await sluice(["plugin", ...args], { cwd: scratch.folder });
  return { code, text: stdout + stderr };
}

/** A new plugin of that name; gives the path of a file in its folder. */
async function makePlugin(name: string): Promise<(file: string) => string> {
  const { code, text } = await run("new", name);
  assert.equal(code, 0, text);
  return (file) => join(scratch.folder, name, file);
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  assert.ok(text.includes(from), `${path} has no ${from}`);
  await writeFile(path, text.replace(from, to));
}

/** `file:line`, from 1, of the first line with that text. */
async function lineOf(path: string, part: string): Promise<number> {
  const lines = (await readFile(path, "utf8")).split("\n");
  return lines.findIndex((line) => line.includes(part)) + 1;
}

const ANSWER = "return ctx.error(400, `The header ${header} is missing`);";

describe("plugin new", () => {
  test("makes a plugin that builds and whose tests pass", async () => {
    await makePlugin("fresh");
    const tested = await run("test", "fresh");
    assert.equal(tested.code, 0, tested.text);
    assert.match(tested.text, /3 pass|pass 3/);
    const built = await run("build", "fresh");
    assert.equal(built.code, 0, built.text);
    assert.match(built.text, /^fresh\.wasm: fresh 0\.1\.0, \d+ KB, \d+ ms\n$/);
  });

  test("overwrites nothing, and takes no name that configs could not use", async () => {
    const file = await makePlugin("once");
    await writeFile(file("plugin.ts"), "// mine");
    const again = await run("new", "once");
    assert.equal(again.code, 1);
    assert.match(again.text, /there already/);
    assert.equal(await readFile(file("plugin.ts"), "utf8"), "// mine");
    const misnamed = await run("new", "../Once");
    assert.equal(misnamed.code, 1);
    assert.match(misnamed.text, /no name for a plugin/);
  });
});

describe("plugin test", () => {
  test("ends with 1 when an assertion fails, and shows the test's line", async () => {
    const file = await makePlugin("failing");
    const test = file("plugin.test.ts");
    await edit(test, "assert.equal(response.status, 400)", "assert.equal(response.status, 401)");
    const { code, text } = await run("test", "failing");
    assert.equal(code, 1, text);
    assert.match(text, new RegExp(`plugin\\.test\\.ts:${await lineOf(test, "401")}:`));
  });

  test("shows the plugin's own line when the plugin throws", async () => {
    const file = await makePlugin("throwing");
    await edit(file("plugin.ts"), ANSWER, 'throw new RangeError("on purpose");');
    const { code, text } = await run("test", "throwing");
    assert.equal(code, 1, text);
    const line = await lineOf(file("plugin.ts"), "on purpose");
    assert.match(text, new RegExp(`RangeError: on purpose[\\s\\S]*plugin\\.ts:${line}:\\d+`));
  });

  test("runs no test of a plugin that has a mistake in its types", async () => {
    const file = await makePlugin("mistyped");
    await edit(file("plugin.ts"), "ctx.request.header(header)", "ctx.request.haeder(header)");
    const { code, text } = await run("test", "mistyped");
    assert.equal(code, 1, text);
    const line = await lineOf(file("plugin.ts"), "haeder");
    assert.match(text, new RegExp(`plugin\\.ts:${line}:\\d+: .*haeder`));
    assert.doesNotMatch(text, /refuses a request/);
  });
});

describe("plugin build", () => {
  test("takes folders and files, and a folder for all of them", async () => {
    await makePlugin("one");
    const file = await makePlugin("two");
    const { code, text } = await run("build", "one", file("plugin.ts"), "-o", "built");
    assert.equal(code, 0, text);
    for (const name of ["one", "two"]) {
      assert.ok((await readFile(scratch.path(`built/${name}.wasm`))).length > 100_000);
    }
    const clash = await run("build", "one", "two", "-o", "both.wasm");
    assert.equal(clash.code, 2);
    assert.match(clash.text, /both\.wasm is one file for 2 plugins/);
  });
});

describe("plugin inspect", () => {
  test("says what a plugin is and asks for", async () => {
    await makePlugin("seen");
    await run("build", "seen");
    const { code, text } = await run("inspect", "seen.wasm");
    assert.equal(code, 0, text);
    assert.match(text, /^seen 0\.1\.0 \(seen\.wasm\)/);
    for (const row of [/ABI +1/, /phases +access/, /priority +1000/, /source map +yes/]) {
      assert.match(text, row);
    }
    assert.match(text, /header +string.*default "X-Tenant": The header that names the tenant/);
    const json = await run("inspect", "--json", "seen.wasm");
    const { manifest, kind } = JSON.parse(json.text);
    assert.equal(kind, "plugin");
    assert.equal(manifest.config.properties.header.default, "X-Tenant");
  });

  test("says what is wrong with a file that is no plugin", async () => {
    await scratch.write("broken.wasm", "no wasm");
    const { code, text } = await run("inspect", "broken.wasm");
    assert.equal(code, 1);
    assert.match(text, /! is no WebAssembly module/);
  });
});

describe("plugin build --watch, beside a gateway", () => {
  let file: (name: string) => string;
  let upstream: Upstream;
  let gateway: Gateway;
  let builder: ChildProcess | undefined;
  let output = "";
  const watch = new Watch();

  before(async () => {
    upstream = await startUpstream();
    file = await makePlugin("lively");
    await run("build", "lively");
    gateway = await startGateway({
      config: forwardAll(upstream.port, { plugins: [{ name: "lively" }] }),
      plugins: { lively: await readFile(scratch.path("lively.wasm")) },
    });
    const args = ["plugin", "build", "--watch", "lively", "-o", gateway.pluginsFolder];
    builder = spawnProgram("runtime/src/cli.ts", args, { cwd: scratch.folder });
    for (const stream of [builder.stdout, builder.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        watch.notify();
      });
    }
    await printed(/lively 0\.1\.0/);
  });
  after(async () => {
    builder?.kill();
    // What a failed `before` has not started is undefined.
    await (gateway as Gateway | undefined)?.stop();
    await (upstream as Upstream | undefined)?.close();
  });

  /** Waits until the watching build has printed it, from `mark` on. */
  async function printed(pattern: RegExp, mark: number = 0): Promise<void> {
    await watch.until(
      () => (pattern.test(output.slice(mark)) ? true : undefined),
      () => `${String(pattern)} in:\n${output.slice(mark)}`,
    );
  }

  async function untilServed(header: string, value: string): Promise<void> {
    await eventually(
      async () => {
        const response = await gateway.get("/", "X-Tenant: blue");
        return response.header(header) === value ? true : undefined;
      },
      `${header}: ${value}; the gateway's log:\n${gateway.log}\nthe build's:\n${output}`,
      10_000,
    );
  }

  test("a change of the source is soon served, and one with a mistake never", async () => {
    await untilServed("x-served-for", "blue");
    await edit(file("plugin.ts"), '"X-Served-For", tenant', '"X-Served-For", `<${tenant}>`');
    await untilServed("x-served-for", "<blue>");

    const mark = output.length;
    await edit(file("plugin.ts"), "`<${tenant}>`", "`<${tenent}>`");
    await printed(/lively\/plugin\.ts:\d+:\d+: .*tenent/, mark);
    await untilServed("x-served-for", "<blue>");

    await edit(file("plugin.ts"), "`<${tenent}>`", "`[${tenant}]`");
    await untilServed("x-served-for", "[blue]");
  });

  test("an error that nobody caught stands in the gateway's log with the author's line", async () => {
    await edit(
      file("plugin.ts"),
      "onRequest(ctx, { header, known }) {",
      'onRequest(ctx, { header, known }) {\n    if (header === "X-Tenant") explode(ctx.request.path);',
    );
    await writeFile(
      file("plugin.ts"),
      `${await readFile(file("plugin.ts"), "utf8")}\nfunction explode(path: string): void {\n  if (path === "/boom") throw new RangeError("on purpose");\n}\n`,
    );
    await eventually(
      async () =>
        (await gateway.get("/boom", "X-Tenant: blue")).status === 500 ? true : undefined,
      `a failure; the build says:\n${output}`,
      10_000,
    );
    const line = await gateway.logged(/on purpose/);
    const message: string = JSON.parse(line).msg;
    const thrown = await lineOf(file("plugin.ts"), "on purpose");
    const called = await lineOf(file("plugin.ts"), "explode(ctx.request.path)");
    assert.match(message, new RegExp(`^plugin_failed: lively, access: RangeError: on purpose\n`));
    assert.match(message, new RegExp(`\n +at explode \\(plugin\\.ts:${thrown}:\\d+\\)\n`));
    assert.match(message, new RegExp(`\n +at onRequest \\(plugin\\.ts:${called}:\\d+\\)`));
    assert.doesNotMatch(message, /plugin\.js/);
  });
});
