// One fetch for a key at a time (K4): the others wait for what it brings, but not for ever.
import type { Store } from "@sluice/plugin-sdk";

/** Between two looks at what the others fetch, ms. */
const LOOK_MS = 20;
/** For so long nobody waits for what turned out not to be stored, ms. */
const PASS_MS = 10_000;
const PASS = "pass";

export type Turn<T> =
  | { readonly kind: "fetch"; readonly isLocked: boolean }
  | { readonly kind: "there"; readonly found: T };

/** `look` finds what another has fetched meanwhile. `timeoutMs` 0: nobody waits. */
export async function turn<T>(
  store: Store,
  key: string,
  holder: string,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<Turn<T>> {
  if (timeoutMs === 0) return { kind: "fetch", isLocked: false };
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    if (store.compareAndSet(nameOf(key), undefined, holder, timeoutMs)) {
      return { kind: "fetch", isLocked: true };
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

export function unlock(store: Store, key: string, holder: string, isStored: boolean): void {
  if (store.get(nameOf(key)) !== holder) return;
  if (isStored) store.delete(nameOf(key));
  else store.set(nameOf(key), PASS, PASS_MS);
}

/** Nothing is known of what the upstream would have said. */
export function abandon(store: Store, key: string, holder: string): void {
  if (store.get(nameOf(key)) === holder) store.delete(nameOf(key));
}

function nameOf(key: string): string {
  return `lock:${key}`;
}
