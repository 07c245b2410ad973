// Compiles the plugins of a folder, each once for its content. With everything in place this only reads and hashes:
// neither esbuild nor binaryen is loaded.
import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { contentKey, sourceFiles } from "./content-key.ts";
import { engineKey } from "./engine.ts";
import { packageVersion, SOURCE_DIR } from "./places.ts";
import { writeFileAtomically } from "./write-file.ts";

export interface BuildBundledOptions {
  /** Has a folder for each plugin, with a plugin.ts in it. */
  readonly pluginsDir: string;
  /** Gets `<name>.wasm` for each. */
  readonly outDir: string;
}

export interface BundledPlugin {
  readonly path: string;
  /** False when the file was there already. */
  readonly built: boolean;
}

/** By folder name, sorted. Throws an Error with one line for each fault when a plugin cannot be built. */
export async function buildBundled(
  options: BuildBundledOptions,
): Promise<Map<string, BundledPlugin>> {
  const { pluginsDir, outDir } = options;
  const names = await pluginNames(pluginsDir);
  const base = await sdkKey();
  const plugins = await Promise.all(
    names.map(async (name): Promise<[string, BundledPlugin]> => {
      const dir = join(pluginsDir, name);
      const path = join(outDir, `${name}.wasm`);
      const key = contentKey([["sdk", base], ...(await sourceFiles(dir))]);
      if (await isCurrent(path, key)) return [name, { path, built: false }];
      await compile(join(dir, "plugin.ts"), path);
      await writeFileAtomically(keyPath(path), key);
      return [name, { path, built: true }];
    }),
  );
  return new Map(plugins);
}

async function pluginNames(pluginsDir: string): Promise<string[]> {
  const entries = await readdir(pluginsDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(pluginsDir, entry.name, "plugin.ts")))
    .map(({ name }) => name)
    .sort();
}

/** Changes with everything besides the plugin itself that its .wasm depends on. */
async function sdkKey(): Promise<string> {
  return contentKey([
    ["engine", await engineKey()],
    ["esbuild", packageVersion("esbuild")],
    ...(await sourceFiles(SOURCE_DIR)),
  ]);
}

function keyPath(wasmPath: string): string {
  return `${wasmPath}.key`;
}

async function isCurrent(path: string, key: string): Promise<boolean> {
  const stored = await readFile(keyPath(path), "utf8").catch(() => undefined);
  return stored === key && existsSync(path);
}

/** Without a type check: the bundled plugins are part of the repository's own. */
async function compile(entry: string, outFile: string): Promise<void> {
  const { buildPlugin } = await import("./build-plugin.ts");
  const result = await buildPlugin({ entry, outFile, check: false });
  if (result.kind === "failed") throw new Error(result.diagnostics.join("\n"));
}
