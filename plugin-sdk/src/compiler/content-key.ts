// Keys of cached results: the same content gives the same key, wherever and whenever it is.
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** SHA-256 in hex over names and contents. */
export function contentKey(
  parts: Iterable<readonly [name: string, content: string | Uint8Array]>,
): string {
  const hash = createHash("sha256");
  for (const [name, content] of parts) {
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Source files below `dir` with their contents, tests left out, sorted by their path relative to it. */
export async function sourceFiles(dir: string): Promise<[path: string, content: Uint8Array][]> {
  const paths = await sourcePaths(dir);
  return Promise.all(
    paths.map(async (path) => [path.slice(dir.length).replaceAll("\\", "/"), await readFile(path)]),
  );
}

/** The same with when each was changed and how long it is: that is known without reading any. */
export async function sourceStates(dir: string): Promise<[path: string, state: string][]> {
  const paths = await sourcePaths(dir);
  return Promise.all(
    paths.map(async (path) => {
      const { mtimeMs, size, ino } = await stat(path);
      return [path, `${mtimeMs} ${size} ${ino}`];
    }),
  );
}

async function sourcePaths(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules"))
    .sort();
}

function isSource(name: string): boolean {
  return /\.([cm]?[jt]sx?|json)$/.test(name) && !/\.test\.[cm]?[jt]sx?$/.test(name);
}
