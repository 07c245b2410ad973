// The first files of a plugin: they build, and their test passes.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PLUGIN_NAME } from "../define-plugin.ts";
import { templates } from "./templates.ts";

export type NewPlugin =
  | { readonly kind: "made"; readonly folder: string; readonly files: readonly string[] }
  /** Nothing was written; the reason is for people. */
  | { readonly kind: "refused"; readonly reason: string };

/** Makes the folder `name` in `parent`, unless the name is none for a plugin, or there is something already. */
export async function newPlugin(name: string, parent: string): Promise<NewPlugin> {
  if (!PLUGIN_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    const expected = "expected lower case, digits and dashes, such as block-bots";
    return refused(`${JSON.stringify(name)} is no name for a plugin: ${expected}`);
  }
  const folder = resolve(parent, name);
  if ((await entriesOf(folder)).length > 0) {
    return refused(`${folder} is there already: nothing was written`);
  }
  const files = Object.entries(templates(name));
  await mkdir(folder, { recursive: true });
  // `wx`: whatever came between is not overwritten either.
  for (const [file, content] of files) await writeFile(join(folder, file), content, { flag: "wx" });
  return { kind: "made", folder, files: files.map(([file]) => file) };
}

function refused(reason: string): NewPlugin {
  return { kind: "refused", reason };
}

const MAX_NAME_LENGTH = 64;

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return [];
    // A file of that name.
    if (code === "ENOTDIR") return [folder];
    throw error;
  });
}
