// TypeScript in, a plugin or one line for each fault out.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  CONFIGURE_EXPORT,
  IMPORT_NAMESPACE,
  MANIFEST_SECTION,
  PHASES,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  VERSION_EXPORT,
} from "../abi.ts";
import { buildPlugin } from "./build-plugin.ts";
import type { BuildOptions, BuiltPlugin } from "./build-plugin.ts";
import { customSections } from "./wasm-binary.ts";

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-build-"));
});
after(() => rm(dir, { recursive: true, force: true }));

/** Writes a file below the temporary directory, which has no package.json and no node_modules. */
async function file(path: string, content: string): Promise<string> {
  const full = join(dir, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content);
  return full;
}

const HEAD = 'import { definePlugin, s } from "@sluice/plugin-sdk";\n';

/** A plugin whose onRequest has the given body. */
function plugin(body: string, imports = ""): string {
  return `${HEAD}${imports}export default definePlugin({
  name: "tried", version: "1.0.0", priority: 5, config: s.object({ limit: s.integer().default(3) }),
  onRequest(ctx, { limit }) { ${body} },
});
`;
}

async function built(entry: string, options: Partial<BuildOptions> = {}): Promise<BuiltPlugin> {
  const result = await buildPlugin({ entry, check: false, ...options });
  assert.equal(result.kind, "built", "diagnostics" in result ? result.diagnostics.join("\n") : "");
  return result as BuiltPlugin; // As the assertion says.
}

async function diagnostics(entry: string, options: Partial<BuildOptions> = {}): Promise<string[]> {
  const result = await buildPlugin({ entry, check: false, ...options });
  assert.equal(result.kind, "failed");
  const lines = "diagnostics" in result ? result.diagnostics : [];
  return lines.map((line) => line.replace(`${dir}/`, ""));
}

describe("a plugin that is built", () => {
  test("imports only the gateway's functions and exports what the gateway calls, of all phases", async () => {
    const { wasm } = await built(await file("a/plugin.ts", plugin("ctx.log.info(String(limit))")));
    const module = new WebAssembly.Module(wasm);
    for (const { module: namespace } of WebAssembly.Module.imports(module)) {
      assert.equal(namespace, IMPORT_NAMESPACE);
    }
    assert.deepEqual(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .toSorted(),
      [
        "memory",
        VERSION_EXPORT,
        CONFIGURE_EXPORT,
        RESUME_EXPORT,
        ...PHASES.map((phase) => PHASE_EXPORTS[phase]),
      ].toSorted(),
    );
  });

  test("carries its manifest", async () => {
    const { wasm, manifest } = await built(await file("a/plugin.ts", plugin("")));
    const [section] = customSections(wasm, MANIFEST_SECTION);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(section)), manifest);
    const { abi, name, version, priority, phases } = manifest;
    assert.deepEqual([abi, name, version, priority, phases], [1, "tried", "1.0.0", 5, ["access"]]);
    assert.equal(manifest.config["type"], "object");
  });

  test("is at most 1 MB and has the memory that it was given", async () => {
    const entry = await file("a/plugin.ts", plugin(""));
    const { wasm, sizes } = await built(entry, { maxMemoryPages: 40 });
    assert.ok(wasm.length <= 1_000_000, `${wasm.length} bytes`);
    assert.equal(sizes.wasm, wasm.length);
    const limits = Buffer.from(wasm).indexOf(Buffer.from([5, 4, 1, 1, sizes.memory / 65_536, 40]));
    assert.notEqual(limits, -1);
  });

  test("has the same bytes whenever and wherever it is built", async () => {
    const source = plugin("if (limit > Math.random()) ctx.log.info(`${Date.now()}`)");
    const first = await built(await file("a/plugin.ts", source));
    const second = await built(await file("b/c/plugin.ts", source));
    assert.ok(Buffer.from(first.wasm).equals(second.wasm), "the two builds differ");
  });

  test("is written whole", async () => {
    const outFile = join(dir, "out", "tried.wasm");
    const { wasm } = await built(await file("a/plugin.ts", plugin("")), { outFile });
    assert.ok((await readFile(outFile)).equals(wasm), "the file is not what was returned");
    assert.deepEqual(await readdir(dirname(outFile)), ["tried.wasm"]);
  });

  test("may use other files and packages", async () => {
    await file("p/node_modules/events/index.js", "module.exports = { fromPackage: true };");
    await file("p/lib/limit.ts", "export const most: number = 5;");
    const imports = 'import { most } from "./lib/limit.ts";\nimport events from "events";\n';
    await built(await file("p/plugin.ts", plugin("ctx.log.info(most + events)", imports)));
  });
});

describe("the type check", () => {
  test("passes a correct plugin outside of any project", async () => {
    const entry = await file("a/plugin.ts", plugin("ctx.log.info(String(limit + 1))"));
    await built(entry, { check: true });
  });

  test("says where a type is wrong", async () => {
    const entry = await file(
      "a/types.ts",
      plugin("const text: string = limit; ctx.log.info(text);"),
    );
    assert.deepEqual(await diagnostics(entry, { check: true }), [
      "a/types.ts:4:37: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test("knows the engine's globals and no others", async () => {
    const body = 'console.log(crypto.randomUUID()); process.exit(); document.title = "";';
    const found = await diagnostics(await file("a/globals.ts", plugin(body)), { check: true });
    assert.equal(found.length, 2);
    assert.match(found[0] ?? "", /Cannot find name 'process'/);
    assert.match(found[1] ?? "", /Cannot find name 'document'/);
  });

  test("keeps the paths of the project's own tsconfig.json", async () => {
    const compilerOptions = { paths: { "~/*": ["./lib/*"] } };
    await file("q/tsconfig.json", JSON.stringify({ compilerOptions }));
    await file("q/lib/limit.ts", "export const most: number = 5;");
    const imports = 'import { most } from "~/limit.ts";\n';
    const entry = await file("q/plugin.ts", plugin("ctx.log.info(String(most))", imports));
    await built(entry, { check: true });
  });
});

describe("a plugin that cannot be built", () => {
  test("because it is not there", async () => {
    assert.deepEqual(await diagnostics(join(dir, "no.ts")), ["no.ts: there is no such file"]);
  });

  test("because it uses Node is told which module", async () => {
    const imports = 'import { readFileSync } from "node:fs";\nimport path from "path";\n';
    const entry = await file("a/node.ts", plugin("ctx.log.info(path + readFileSync)", imports));
    assert.deepEqual(await diagnostics(entry, { check: true }), [
      'a/node.ts:2:30: "node:fs" is a module of Node: there is none in a plugin',
      'a/node.ts:3:18: "path" is a module of Node: there is none in a plugin',
    ]);
  });

  test("because of its syntax is told the place", async () => {
    const [line = ""] = await diagnostics(
      await file("a/syntax.ts", "export default {\n  a: 1;\n};\n"),
    );
    assert.match(line, /^a\/syntax\.ts:2:7: /);
  });

  test("because it exports nothing is told what to export", async () => {
    const entry = await file("a/empty.ts", "export const a = 1;");
    const message = "a plugin's module must have a default export: what definePlugin returns";
    assert.deepEqual(await diagnostics(entry), [`a/empty.ts: ${message}`]);
    const [line = ""] = await diagnostics(await file("a/other.ts", "export default { a: 1 };"));
    assert.match(line, /^a\/other\.ts: TypeError: The default export must be what definePlugin/);
  });

  test("because it throws while it is loaded is told the author's line", async () => {
    const source = `${HEAD}const table = new Map<string, string>();
export const length = read("a").length;
function read(name: string): string {
  return table.get(name)!.trim();
}
`;
    assert.deepEqual(
      await diagnostics(await file("a/throws.ts", `${source}export default definePlugin;`)),
      ["a/throws.ts:5:20: TypeError: cannot read property 'trim' of undefined"],
    );
  });

  test("because its name is malformed", async () => {
    const source = plugin("").replace('"tried"', '"Tried It"');
    const [line = ""] = await diagnostics(await file("a/name.ts", source));
    assert.match(line, /^a\/name\.ts:\d+:\d+: TypeError: .*"Tried It"/);
  });

  test("because it asks the gateway while it is loaded", async () => {
    const source = plugin("ctx.log.info(id)", "const id = crypto.randomUUID();\n");
    const [line = ""] = await diagnostics(await file("a/load.ts", source));
    assert.match(line, /^a\/load\.ts:2:19: The gateway \(random_bytes\) is not there/);
  });

  test("because loading it takes all memory", async () => {
    const loop = "const all: string[] = [];\nfor (;;) all.push('x'.repeat(65_536) + all.length);\n";
    const [line = ""] = await diagnostics(await file("a/bomb.ts", loop + plugin("")));
    assert.match(line, /^a\/bomb\.ts:2:\d+: InternalError: out of memory/);
  });
});
