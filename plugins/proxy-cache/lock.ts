// One fetch for a key at a time (K4): the others wait for what it brings, but not for ever.
import type { Store } from "@sluice/plugin-sdk";

/** Between two looks at what the others fetch, ms. */
const LOOK_MS = 20;
/** For so long nobody waits for what turned out not to be stored, ms. */
const PASS_MS = 10_000;
const PASS = "pass";

export interface Lock {
  readonly store: Store;
  /** Of what is fetched. */
  readonly key: string;
  /** Id of the request that has it, or wants it. */
  readonly holder: string;
}

export type Turn<T> =
  | { readonly kind: "fetch"; readonly isLocked: boolean }
  | { readonly kind: "there"; readonly found: T };

/** `look` finds what another has fetched meanwhile. `timeoutMs` 0: nobody waits. */
export async function turn<T>(
  lock: Lock,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<Turn<T>> {
  const { store, key, holder } = lock;
  if (timeoutMs === 0) return { kind: "fetch", isLocked: false };
  const endMs = Date.now() + timeoutMs;
  for (let hasWaited = false; ; hasWaited = true) {
    if (store.compareAndSet(nameOf(key), undefined, holder, timeoutMs)) {
      // The one before may have come back since the last look.
      const found = hasWaited ? await look() : undefined;
      if (found === undefined) return { kind: "fetch", isLocked: true };
      release(lock);
      return { kind: "there", found };
    }
    if (store.get(nameOf(key)) === PASS || Date.now() >= endMs) {
      return { kind: "fetch", isLocked: false };
    }
    try {
      await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS));
    } catch {
      // More wait in this instance than it may have timers.
      return { kind: "fetch", isLocked: false };
    }
    const found = await look();
    if (found !== undefined) return { kind: "there", found };
  }
}

/** It is stored, or nothing is known of what the upstream would have said. */
export function release({ store, key, holder }: Lock): void {
  if (store.get(nameOf(key)) === holder) store.delete(nameOf(key));
}

/** It is not to be stored: nobody need wait for it. */
export function pass({ store, key, holder }: Lock): void {
  if (store.get(nameOf(key)) === holder) store.set(nameOf(key), PASS, PASS_MS);
}

function nameOf(key: string): string {
  return `lock:${key}`;
}
