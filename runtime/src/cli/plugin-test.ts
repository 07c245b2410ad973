// sluice plugin test
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginTestCommand: Command = {
  name: "plugin test",
  usage: "sluice plugin test [options] [FILE.test.ts or FOLDER]...",
  summary: "Builds plugins and runs their tests against the .wasm, in an emulated gateway.",
  options: {
    "no-check": { help: "skips the type check" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const files = await testFiles(options.positionals);
    const { runTests } = await import("@sluice/plugin-sdk/compiler");
    const run = await runTests(files, { check: !options.isSet("no-check") });
    if (run.kind === "ran") return run.exitCode;
    process.stderr.write(`${run.diagnostics.join("\n")}\n`);
    return 1;
  },
};

/** Absolute; a folder stands for all tests below it. */
async function testFiles(paths: readonly string[]): Promise<string[]> {
  const given = paths.length === 0 ? ["."] : paths;
  const found = await Promise.all(given.map((path) => testFilesOf(resolve(path))));
  const files = [...new Set(found.flat())].sort();
  if (files.length > 0) return files;
  throw new UsageError(`plugin test: there is no *.test.ts in ${given.join(", ")}`);
}

async function testFilesOf(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) throw new UsageError(`plugin test: there is no ${path}`);
  if (!stats.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const found = entries
    .filter(({ name }) => name !== "node_modules" && !name.startsWith("."))
    .map(async (entry) => {
      if (entry.isDirectory()) return testFilesOf(join(path, entry.name));
      return entry.name.endsWith(".test.ts") ? [join(path, entry.name)] : [];
    });
  return (await Promise.all(found)).flat();
}
