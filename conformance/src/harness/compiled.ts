// Compiled guests are kept between runs: a suite runs on two runtimes, and a compiler of another language takes seconds.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ROOT } from "./runtime.ts";

const FOLDER = join(ROOT, "node_modules/.cache/sluice-guests");

/** What `make` gave for the same command and the same files below the folders, else what it gives now. */
export async function kept(
  command: readonly string[],
  folders: readonly string[],
  make: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(FOLDER, `${await keyOf(command, folders)}.wasm`);
  const known = await readFile(path).catch(() => undefined);
  if (known !== undefined) return Uint8Array.from(known);
  const made = await make();
  await mkdir(FOLDER, { recursive: true });
  // Another file's cases may write it at the same time.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, made);
  await rename(draft, path);
  return made;
}

async function keyOf(command: readonly string[], folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const add = (part: string | Uint8Array): void => {
    hash.update(`${part.length}\0`).update(part);
  };
  for (const part of command) add(part);
  add(await readFile(join(ROOT, "package-lock.json")));
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
      add(path);
      add(await readFile(path));
    }
  }
  return hash.digest("hex");
}
