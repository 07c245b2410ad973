// The one record of a log file.
import { readFile } from "node:fs/promises";

import type { Entry } from "./config.ts";
import { eventually } from "./deadline.ts";

/** Waits until it is written. */
export async function logRecord(path: string): Promise<Entry> {
  const text = await eventually(async () => {
    const lines = await readFile(path, "utf8").catch(() => "");
    return lines.endsWith("\n") ? lines : undefined;
  }, "the log record");
  return JSON.parse(text) as Entry; // The gateway writes an object a line.
}

/** What it says of each try. */
export async function triesInLog(path: string): Promise<readonly Entry[]> {
  const { tries } = (await logRecord(path)) as { readonly tries: readonly Entry[] };
  return tries;
}
