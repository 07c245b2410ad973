// Notices changed files by looking, not by listening: events get lost on network mounts, in containers and when a
// file is replaced by renaming, and a look at a few files costs some microseconds. Events only make it look earlier.
import { watch as listen } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Between two looks, ms. A change is reported when two looks in a row agree: no half-written file is read. */
const INTERVAL_MS = 150;
/** The same when all that changed are plugins that were replaced as a whole, as `plugin build` does it, ms. */
const REPLACED_INTERVAL_MS = 15;

/** A plugin, or its signature. */
const MODULE = /\.wasm(?:\.sig)?$/;

export interface Watched {
  readonly files: readonly string[];
  /** All .wasm and .wasm.sig files in these. */
  readonly folders: readonly string[];
}

/** How the files stood at one moment. */
export interface Look {
  readonly watched: Watched;
  /** Path to what changes when the file does. */
  readonly signatures: ReadonlyMap<string, Signature>;
}

/** Undefined when there is no such file. */
type Signature = { readonly inode: number; readonly text: string } | undefined;

/**
 * Calls back after each change since the look, until the signal aborts; to miss none, look before the files are read.
 * Callbacks do not overlap.
 */
export async function watch(
  since: Look,
  onChange: (changed: readonly string[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const alarm = new Alarm(since.watched.folders, signal);
  let reported = since;
  let previous = since;
  let intervalMs = INTERVAL_MS;
  // Once something has changed, events say nothing new: two looks must be some time apart.
  let isQuiet = true;
  while (await alarm.next(intervalMs, isQuiet)) {
    const current = await look(since.watched);
    const changed = difference(reported, current);
    const isStable = difference(previous, current).length === 0;
    isQuiet = changed.length === 0;
    intervalMs = areReplaced(reported, current, changed) ? REPLACED_INTERVAL_MS : INTERVAL_MS;
    previous = current;
    if (!isStable || isQuiet) continue;
    reported = current;
    isQuiet = true;
    intervalMs = INTERVAL_MS;
    await onChange(changed);
  }
  alarm.close();
}

export async function look(watched: Watched): Promise<Look> {
  const { files, folders } = watched;
  const paths = [...files];
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (MODULE.test(name)) paths.push(join(folder, name));
  }
  const signatures = new Map<string, Signature>();
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    const text = `${stats?.mtimeMs} ${stats?.size} ${stats?.ino}`;
    signatures.set(path, stats && { inode: stats.ino, text });
  }
  return { watched, signatures };
}

function difference({ signatures: before }: Look, { signatures: after }: Look): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path)?.text !== after.get(path)?.text);
}

/**
 * Another file has come in the place of each: it was written elsewhere, most likely whole. Of a plugin that turns out
 * to be cut the old one stays; half a config might be valid, so that for config files this does not count.
 */
function areReplaced(before: Look, after: Look, changed: readonly string[]): boolean {
  return changed.every((path) => {
    const [old, replacement] = [before.signatures.get(path), after.signatures.get(path)];
    if (old === undefined || replacement === undefined) return false;
    return old.inode !== replacement.inode && !after.watched.files.includes(path);
  });
}

/** Rings after a time, or earlier when something happens in one of the folders. */
class Alarm {
  readonly #signal: AbortSignal;
  readonly #listeners: FSWatcher[] = [];
  #ring: () => void = () => {};
  #hasHappened = false;

  constructor(folders: readonly string[], signal: AbortSignal) {
    this.#signal = signal;
    const onEvent = (): void => {
      this.#hasHappened = true;
      this.#ring();
    };
    for (const folder of folders) {
      try {
        this.#listeners.push(listen(folder, { persistent: false }, onEvent).on("error", () => {}));
      } catch {
        // There is no such folder yet, or the system listens to no more: looking has to do.
      }
    }
  }

  /** False when the signal aborted. `isEager`: an event ends the wait. */
  next(limitMs: number, isEager: boolean): Promise<boolean> {
    if (this.#signal.aborted) return Promise.resolve(false);
    // Whoever writes other files there all the time must not make it look all the time.
    const atMostMs = isEager && this.#hasHappened ? REPLACED_INTERVAL_MS : limitMs;
    this.#hasHappened = false;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", end);
        this.#ring = () => {};
        resolve(!this.#signal.aborted);
      };
      const timer = setTimeout(end, atMostMs);
      this.#signal.addEventListener("abort", end, { once: true });
      if (isEager && atMostMs === limitMs) this.#ring = end;
    });
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }
}
