// Notices changed files by looking, not by listening: events get lost on network mounts, in containers and when a
// file is replaced by renaming, and a look at a few files costs some microseconds.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Between two looks, ms. A change is reported when two looks in a row agree: no half-written file is read. */
const INTERVAL_MS = 150;

export interface Watched {
  readonly files: readonly string[];
  /** All .wasm files in these. */
  readonly folders: readonly string[];
}

/** How the files stood at one moment. */
export interface Look {
  readonly watched: Watched;
  /** Path to what changes when the file does. */
  readonly signatures: ReadonlyMap<string, string>;
}

/**
 * Calls back after each change since the look, until the signal aborts; to miss none, look before the files are read.
 * Callbacks do not overlap.
 */
export async function watch(
  since: Look,
  onChange: (changed: readonly string[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let reported = since;
  let previous = since;
  while (await pause(signal)) {
    const current = await look(since.watched);
    const isStable = difference(previous, current).length === 0;
    previous = current;
    if (!isStable) continue;
    const changed = difference(reported, current);
    if (changed.length === 0) continue;
    reported = current;
    await onChange(changed);
  }
}

export async function look(watched: Watched): Promise<Look> {
  const { files, folders } = watched;
  const paths = [...files];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (name.endsWith(".wasm")) paths.push(join(folder, name));
  }
  const signatures = new Map<string, string>();
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    signatures.set(path, stats === undefined ? "" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`);
  }
  return { watched, signatures };
}

function difference({ signatures: before }: Look, { signatures: after }: Look): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path));
}

function pause(signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    }, INTERVAL_MS);
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
