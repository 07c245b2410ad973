// Builds a plugin again whenever one of its files changes.
import { watch } from "node:fs";
import type { FSWatcher, Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { buildPlugin } from "./build-plugin.ts";
import type { BuildOptions, BuildResult } from "./build-plugin.ts";

/** Between two looks when no event comes, which happens on network mounts and in containers; ms. */
const LOOK_MS = 500;
/** Times of files are that coarse; ms. */
const CLOCK_STEP_MS = 10;
/** A file that has not changed for this long is written; ms. */
const QUIET_MS = 10;

/**
 * Builds at once and after each change, until the signal aborts. `onBuilt` gets every result; what cannot be built is
 * a result, too. Rejects when the tools fail.
 */
export async function watchPlugin(
  options: BuildOptions,
  onBuilt: (result: BuildResult) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  let inputs: readonly string[] = [resolve(options.entry)];
  while (!signal.aborted) {
    const before = await signaturesOf(inputs);
    const startedAtMs = Date.now();
    const result = await buildPlugin(options);
    await onBuilt(result);
    const { inputs: read } = result;
    const since = new Map<string, string>();
    for (const path of read) {
      since.set(path, before.get(path) ?? (await signatureBefore(path, startedAtMs)));
    }
    inputs = read;
    await untilChanged(since, signal);
  }
}

/** Of each file. */
async function signaturesOf(paths: readonly string[]): Promise<Map<string, string>> {
  const signatures = await Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path, await signatureOf(path)]),
  );
  return new Map(signatures);
}

async function signatureOf(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  return stats === undefined ? "missing" : textOf(stats);
}

/** That of a file of which nothing was known when the build began; whatever came since then is a change. */
async function signatureBefore(path: string, startedAtMs: number): Promise<string> {
  // One look: the file may come between two.
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return "missing";
  return stats.ctimeMs > startedAtMs - CLOCK_STEP_MS ? "unknown" : textOf(stats);
}

function textOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}

async function untilChanged(
  since: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const paths = [...since.keys()];
  const events = new FileEvents(new Set(paths.map((path) => dirname(path))));
  try {
    let current = await signaturesOf(paths);
    while (!signal.aborted && isSame(since, current)) {
      await events.next(LOOK_MS, signal);
      current = await signaturesOf(paths);
    }
    for (let last = since; !signal.aborted && !isSame(last, current);) {
      last = current;
      await events.next(QUIET_MS, signal, false);
      current = await signaturesOf(paths);
    }
  } finally {
    events.close();
  }
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return [...one].every(([path, signature]) => other.get(path) === signature);
}

/** Wakes up whoever waits when something happens in one of the folders. */
class FileEvents {
  readonly #watchers: FSWatcher[] = [];
  #wake: () => void = () => {};
  #hasHappened = false;

  constructor(folders: ReadonlySet<string>) {
    const onEvent = (): void => {
      this.#hasHappened = true;
      this.#wake();
    };
    for (const folder of folders) {
      try {
        // A folder that goes away is noticed by looking.
        this.#watchers.push(watch(folder, onEvent).on("error", () => {}));
      } catch {
        // The system watches no more folders, or there is none: looking has to do.
      }
    }
  }

  /** Until the next event, or `limitMs`; with `endsEarly` false, always `limitMs`. */
  async next(limitMs: number, signal: AbortSignal, endsEarly: boolean = true): Promise<void> {
    if (signal.aborted || (endsEarly && this.#hasHappened)) {
      this.#hasHappened = false;
      return;
    }
    await new Promise<void>((done) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        done();
      };
      const timer = setTimeout(end, limitMs);
      if (endsEarly) this.#wake = end;
      signal.addEventListener("abort", end, { once: true });
    });
    this.#wake = () => {};
    this.#hasHappened = false;
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}
