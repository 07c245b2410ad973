// sluice plugin build
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildOptions, BuildResult } from "@sluice/plugin-sdk/compiler";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";
import type { ParsedOptions } from "./options.ts";

export const pluginBuildCommand: Command = {
  name: "plugin build",
  usage: "sluice plugin build [options] [FILE.ts or FOLDER]...",
  summary: "Type-checks, bundles and compiles plugins, each to one .wasm file.",
  options: {
    out: { value: "PATH", help: "the .wasm to write, or a folder for NAME.wasm (.)", short: "o" },
    watch: { help: "builds again after each change, until it is stopped", short: "w" },
    "no-check": { help: "skips the type check" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const plugins = await buildOptions(options);
    if (options.isSet("watch")) return watchAll(plugins);
    const { buildPlugin } = await import("@sluice/plugin-sdk/compiler");
    const built = await Promise.all(plugins.map(async (each) => report(await buildPlugin(each))));
    return built.every(Boolean) ? 0 : 1;
  },
};

async function buildOptions(options: ParsedOptions): Promise<BuildOptions[]> {
  const out = options.text("out") ?? ".";
  const isFile = out.endsWith(".wasm");
  const entries = await pluginEntries(options.positionals);
  if (isFile && entries.length > 1) {
    throw new UsageError(`plugin build: ${out} is one file for ${entries.length} plugins`);
  }
  const check = !options.isSet("no-check");
  return entries.map((entry) => ({
    entry,
    check,
    ...(isFile ? { outFile: out } : { outDir: out }),
  }));
}

/** The plugins that are meant: a folder stands for its plugin.ts, nothing for that of the working directory. */
export async function pluginEntries(paths: readonly string[]): Promise<string[]> {
  const given = paths.length === 0 ? ["."] : paths;
  return Promise.all(
    given.map(async (path) => {
      const stats = await stat(path).catch(() => undefined);
      return stats?.isDirectory() === true ? join(path, "plugin.ts") : path;
    }),
  );
}

/** Until the process is stopped. */
async function watchAll(plugins: readonly BuildOptions[]): Promise<never> {
  const { watchPlugin } = await import("@sluice/plugin-sdk/compiler");
  const { signal } = new AbortController();
  const onBuilt = (result: BuildResult): void => void report(result);
  await Promise.all(plugins.map((each) => watchPlugin(each, onBuilt, signal)));
  throw new Error("the watch ended");
}

/** True when it was built. */
export function report(result: BuildResult): boolean {
  if (result.kind === "failed") {
    process.stderr.write(`${result.diagnostics.join("\n")}\n`);
    return false;
  }
  const { manifest, wasm, outFile, elapsedMs } = result;
  const kilobytes = Math.round(wasm.length / 1024);
  process.stdout.write(
    `${outFile}: ${manifest.name} ${manifest.version}, ${kilobytes} KB, ${Math.round(elapsedMs)} ms\n`,
  );
  return true;
}
