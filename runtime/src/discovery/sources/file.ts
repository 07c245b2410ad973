// A file of targets, YAML or JSON, that somebody else writes.
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { detailOf } from "../../errors.ts";
import { look, watch } from "../../watcher.ts";
import { source } from "../source.ts";
import type { Listener, ListedTarget, Source } from "../source.ts";
import { filePath } from "./fields.ts";
import { listedTargets } from "./listed.ts";

interface FileFields {
  readonly path: string;
}

const schema: z.ZodType<FileFields> = z.strictObject({
  path: filePath,
});

const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MAX_ALIASES = 100;

export const fileSource: Source = source<FileFields>({
  type: "file",
  schema,
  watch: watchFile,
});

/** A file that cannot be used leaves the targets as they are: half-written ones are never looked at. */
async function watchFile(fields: FileFields, listener: Listener): Promise<void> {
  const path = resolve(listener.folder, fields.path);
  const before = await look({ files: [path], folders: [] });
  const take = async (): Promise<void> => {
    try {
      listener.onTargets(await targetsIn(path));
    } catch (error) {
      listener.onFault(`${path}: ${detailOf(error)}`);
    }
  };
  await take();
  await watch(before, take, listener.signal);
}

async function targetsIn(path: string): Promise<readonly ListedTarget[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new Error(`expected at most ${MAX_FILE_BYTES} bytes`);
    const text = await file.readFile("utf8");
    return listedTargets(parse(text, { maxAliasCount: MAX_ALIASES }));
  } finally {
    await file.close();
  }
}
