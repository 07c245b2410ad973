// Compiles the plugins of a folder, each once for its content. With everything in place this only reads and hashes:
// neither esbuild nor binaryen is loaded.
import { readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { contentKey, sourceFiles, sourceStates } from "./content-key.ts";
import { engineKey } from "./engine.ts";
import { packageVersion, SOURCE_DIR } from "./places.ts";
import { writeFileAtomically } from "./write-file.ts";

export interface BuildBundledOptions {
  /** Has a folder for each plugin, with a plugin.ts in it; other folders are what several of them share. */
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
  const { names, shared } = await foldersOf(pluginsDir);
  const outOf = (name: string): string => join(outDir, `${name}.wasm`);
  const state = await stateOf(pluginsDir);
  const isUntouched = await isKept(join(outDir, STATE_FILE), state);
  if (isUntouched && names.every((name) => existsSync(outOf(name)))) {
    return new Map(names.map((name) => [name, { path: outOf(name), built: false }]));
  }
  const base = await baseKey(pluginsDir, shared);
  const plugins = await Promise.all(
    names.map(async (name): Promise<[string, BundledPlugin]> => {
      const dir = join(pluginsDir, name);
      const path = outOf(name);
      const key = contentKey([["base", base], ...(await sourceFiles(dir))]);
      if (await isCurrent(path, key)) return [name, { path, built: false }];
      await compile(join(dir, "plugin.ts"), path);
      await writeFileAtomically(keyPath(path), key);
      return [name, { path, built: true }];
    }),
  );
  await writeFileAtomically(join(outDir, STATE_FILE), state);
  return new Map(plugins);
}

/** What the sources were like when all plugins were found to be current: each start of a gateway looks. */
const STATE_FILE = ".sources";
const TOOLS = ["esbuild", "assemblyscript", "binaryen", "quickjs-wasi"] as const;

async function stateOf(pluginsDir: string): Promise<string> {
  const sources = await Promise.all([pluginsDir, SOURCE_DIR].map((dir) => sourceStates(dir)));
  return contentKey([
    ...TOOLS.map((name): [string, string] => [name, packageVersion(name)]),
    ...sources.flat(),
  ]);
}

interface Folders {
  /** With a plugin in each. */
  readonly names: readonly string[];
  readonly shared: readonly string[];
}

async function foldersOf(pluginsDir: string): Promise<Folders> {
  const entries = await readdir(pluginsDir, { withFileTypes: true });
  const folders = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  const hasPlugin = (name: string): boolean => existsSync(join(pluginsDir, name, "plugin.ts"));
  return {
    names: folders.filter(hasPlugin),
    shared: folders.filter((name) => !hasPlugin(name) && !NO_SOURCES.has(name)),
  };
}

const NO_SOURCES: ReadonlySet<string> = new Set(["dist", "node_modules"]);

/** Changes with everything besides the plugin itself that its .wasm depends on. */
async function baseKey(pluginsDir: string, shared: readonly string[]): Promise<string> {
  const sources = await Promise.all(shared.map((name) => sourceFiles(join(pluginsDir, name))));
  return contentKey([
    ["engine", await engineKey()],
    ["esbuild", packageVersion("esbuild")],
    // Names the versions of the packages that plugins use.
    ["packages", await readFile(join(pluginsDir, "package.json")).catch(() => "")],
    ...(await sourceFiles(SOURCE_DIR)),
    ...sources.flat(),
  ]);
}

function keyPath(wasmPath: string): string {
  return `${wasmPath}.key`;
}

async function isCurrent(path: string, key: string): Promise<boolean> {
  return existsSync(path) && (await isKept(keyPath(path), key));
}

async function isKept(path: string, key: string): Promise<boolean> {
  return (await readFile(path, "utf8").catch(() => undefined)) === key;
}

/** Without a type check: the bundled plugins are part of the repository's own. */
async function compile(entry: string, outFile: string): Promise<void> {
  const { buildPlugin } = await import("./build-plugin.ts");
  const result = await buildPlugin({ entry, outFile, check: false });
  if (result.kind === "failed") throw new Error(result.diagnostics.join("\n"));
}
