// The samples of README.md are right: plugins and parts of them pass the type check, tests and programs run.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { typeCheck } from "./compiler/type-check.ts";
import { runnerArguments, runnerEnvironment } from "./test-runner/run-tests.ts";

const run = promisify(execFile);

interface Sample {
  readonly line: number;
  readonly text: string;
}

const markdown = await readFile(new URL("../README.md", import.meta.url), "utf8");
const samples: readonly Sample[] = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
  line: markdown.slice(0, match.index).split("\n").length + 1,
  text: match[1] ?? "",
}));

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-readme-"));
  // What the others speak of.
  const greet = samples.find(({ text }) => text.startsWith("// greet.ts\n"));
  await writeFile(join(dir, "greet.ts"), greet?.text ?? "");
});
after(() => rm(dir, { recursive: true, force: true }));

test("README.md has samples", () => {
  assert.ok(samples.length > 5);
});

for (const { line, text } of samples) {
  if (/^\/\/ \w+\.test\.ts\n/.test(text)) {
    test(`README.md:${line}: the test passes`, async () => {
      const path = join(dir, "greet.test.ts");
      await writeFile(path, text);
      const options = { cwd: dir, env: runnerEnvironment() };
      const { stdout, stderr } = await run(process.execPath, runnerArguments([path]), options);
      assert.match(stdout + stderr, /pass 2|2 pass/);
    });
  } else if (text.includes("@sluice/plugin-sdk/compiler")) {
    test(`README.md:${line}: the program builds the plugin`, async () => {
      const path = join(dir, "build.ts");
      const compiler = new URL("./compiler/index.ts", import.meta.url).href;
      await writeFile(path, text.replace("@sluice/plugin-sdk/compiler", compiler));
      const { stdout } = await run(process.execPath, [path], { cwd: dir });
      assert.match(stdout, /^greet \d+ bytes in /);
      assert.ok((await readFile(join(dir, "greet.wasm"))).length > 0);
    });
  } else {
    test(`README.md:${line}: passes the type check`, async () => {
      const path = join(dir, `sample-${line}.ts`);
      await writeFile(path, wholeModule(text));
      assert.deepEqual(await typeCheck(path), []);
    });
  }
}

/** Statements alone are of an async onRequest. */
function wholeModule(text: string): string {
  if (/^(import|export) /m.test(text)) return text;
  return `import { definePlugin, s } from "@sluice/plugin-sdk";
export default definePlugin({
  name: "sample", version: "1.0.0", priority: 1, config: s.object({}),
  async onRequest(ctx) {
${text}
  },
});
`;
}
