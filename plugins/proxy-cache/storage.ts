// What is kept of a response, and where.
import type { Store } from "@sluice/plugin-sdk";

/** A response without its body; JSON. Times in ms. */
export interface Entry {
  readonly kind: "entry";
  readonly status: number;
  /** Its Content-Type. */
  readonly type: string;
  /** Its other headers, see header-lines.ts. */
  readonly lines: string;
  /** Since 1970. */
  readonly storedAtMs: number;
  /** Its age when it came. */
  readonly ageMs: number;
  /** Fresh for that long from storedAtMs on. */
  readonly ttlMs: number;
  /** Beyond that it may be served while a new one is fetched, or when the upstream fails. */
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  /** Of its body. */
  readonly tag: string;
  readonly bytes: number;
  /** How a body in the store is written. */
  readonly encoding?: "text" | "latin1";
  readonly chunks?: number;
}

/** Under a key that has several responses, by these request headers. */
export interface Variants {
  readonly kind: "variants";
  readonly names: readonly string[];
}

export type Kept = Entry | Variants;

export type Body = string | Uint8Array<ArrayBuffer>;

export interface Stored {
  readonly kept: Kept;
  /** Undefined stays as it is. */
  readonly body: Body | undefined;
  readonly lifetimeMs: number;
}

/** `store` is the one of the handler that asks. A failure is the storage's: it is thrown or rejected. */
export interface Storage {
  find(store: Store, key: string): Promise<Kept | undefined> | Kept | undefined;
  /** Undefined when it has gone meanwhile. */
  body(store: Store, key: string, entry: Entry): Promise<Body | undefined> | Body | undefined;
  /** False when it cannot be kept. */
  put(store: Store, key: string, what: Stored): Promise<boolean> | boolean;
  remove(store: Store, key: string): Promise<void> | void;
}

/** Undefined for what is none: of another version, say. */
export function parseKept(json: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(json);
    const isKept =
      typeof kept === "object" && kept !== null && ("lines" in kept || "names" in kept);
    // Only this plugin writes there.
    return isKept ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}
