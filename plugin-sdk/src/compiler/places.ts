// Where things are: the SDK's own sources, the packages it builds with, the cache.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// From src/compiler as well as from dist/compiler.
const SDK_DIR: string = fileURLToPath(new URL("../../", import.meta.url));

/** Sources of the SDK; what runs inside a plugin is always built from them. */
export const SOURCE_DIR: string = join(SDK_DIR, "src");

const require = createRequire(import.meta.url);

/** Directory of a package that the SDK depends on; `from` looks from another package's directory. */
export function packageDir(name: string, from?: string): string {
  const resolver = from === undefined ? require : createRequire(join(from, "package.json"));
  return dirname(resolver.resolve(`${name}/package.json`));
}

export function packageVersion(name: string): string {
  // Every published package has a version.
  const manifest = JSON.parse(readFileSync(join(packageDir(name), "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}

/** `node_modules/.cache/sluice` of the node_modules that holds the SDK's dependencies. */
export function cacheDir(): string {
  let dir = packageDir("quickjs-wasi");
  while (basename(dir) !== "node_modules") dir = dirname(dir);
  return join(dir, ".cache", "sluice");
}

/** The nearest file of that name in `dir` or above it. */
export function findUp(name: string, dir: string): string | undefined {
  for (let at = dir; ; at = dirname(at)) {
    const candidate = join(at, name);
    if (existsSync(candidate)) return candidate;
    if (dirname(at) === at) return undefined;
  }
}
