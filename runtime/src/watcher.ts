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

/** Calls back after each change until the signal aborts. Callbacks do not overlap. */
export async function watch(
  watched: Watched,
  onChange: (changed: readonly string[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let reported = await look(watched);
  let previous = reported;
  while (await pause(signal)) {
    const current = await look(watched);
    const isStable = difference(previous, current).length === 0;
    previous = current;
    if (!isStable) continue;
    const changed = difference(reported, current);
    if (changed.length === 0) continue;
    reported = current;
    await onChange(changed);
  }
}

/** Path to what changes when the file does. */
type Look = ReadonlyMap<string, string>;

async function look({ files, folders }: Watched): Promise<Look> {
  const paths = [...files];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (name.endsWith(".wasm")) paths.push(join(folder, name));
  }
  const seen = new Map<string, string>();
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    seen.set(path, stats === undefined ? "" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`);
  }
  return seen;
}

function difference(before: Look, after: Look): string[] {
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
