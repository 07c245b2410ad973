// A copy of the checkout to follow the README in: its commands may write files without touching the real one.
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { ROOT } from "../harness/runtime.ts";
import type { ReadmeFile } from "./commands.ts";

const PARTS = ["package.json", "tsconfig.json", "runtime", "plugin-sdk", "plugins", "bench"];

/** Copies the sources, shares the installed packages, and saves the files that the README names. */
export async function copyCheckout(files: readonly ReadmeFile[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-readme-"));
  for (const part of PARTS) {
    await cp(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (source) => basename(source) !== "node_modules",
    });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const { name, content } of files) await writeFile(join(folder, name), content);
  return folder;
}

export async function removeCheckout(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
