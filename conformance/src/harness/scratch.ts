// A folder for one test file.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

import { ROOT } from "./runtime.ts";

export interface Scratch {
  readonly folder: string;
  /** Writes a file and gives its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  path(name: string): string;
}

/** A new folder that is removed after the file's tests. */
export async function useScratch(parent: string = tmpdir()): Promise<Scratch> {
  const folder = await mkdtemp(join(parent, "sluice-scratch-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return {
    folder,
    path: (name) => join(folder, name),
    write: async (name, content) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
  };
}

/** As {@link useScratch}, in the checkout: there a plugin's source finds the SDK, as in its author's project. */
export async function useScratchWithSdk(): Promise<Scratch> {
  const parent = join(ROOT, "conformance/.cache");
  await mkdir(parent, { recursive: true });
  return useScratch(parent);
}
