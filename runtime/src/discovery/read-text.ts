// Small files that registries need: certificates and tokens.
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { detailOf } from "../errors.ts";

const MAX_BYTES = 1024 * 1024;

/** PEM of the authorities to trust, by a registry's `ca_file`; undefined for the runtime's own. */
export async function readAuthorities(
  { ca_file: path }: { readonly ca_file?: string | undefined },
  place: { readonly folder: string },
): Promise<string | undefined> {
  return path === undefined ? undefined : readText(path, place);
}

/** The path is relative to the folder. Rejects with an Error that names the file. */
export async function readText(
  given: string,
  { folder }: { readonly folder: string },
): Promise<string> {
  const path = resolve(folder, given);
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Error(`${path}: ${detailOf(error)}`, { cause: error });
  }
}
