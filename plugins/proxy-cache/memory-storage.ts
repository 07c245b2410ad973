// In the gateway's own store, which its workers share and which is bounded. A body is in pieces there, as text.
import type { Store } from "@sluice/plugin-sdk";

import { bytesOfLatin1, latin1Of } from "../parts/latin1.ts";
import type { KeptCopies } from "./kept-copies.ts";
import type { Body, Entry, Kept, Storage, Stored } from "./storage.ts";

/** Characters; of three bytes at most in UTF-8, they fit into a value of the store. */
const PIECE = 20_000;
/** What is no text takes the time of a loop. */
const MAX_BINARY_BYTES = 131_072;

export class MemoryStorage implements Storage {
  readonly #copies: KeptCopies;

  constructor(copies: KeptCopies) {
    this.#copies = copies;
  }

  find(store: Store, key: string): Kept | undefined {
    const json = store.get(entryKey(key));
    return json === undefined ? undefined : this.#copies.parsed(key, json);
  }

  body(store: Store, key: string, entry: Entry): Body | undefined {
    const known = this.#copies.body(key, entry);
    if (known !== undefined) return known;
    const { tag, chunks = 0, encoding } = entry;
    const pieces: string[] = [];
    for (let at = 0; at < chunks; at++) {
      const piece = store.get(pieceKey(key, tag, at));
      // Pushed out, in part.
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    const text = pieces.join("");
    if (encoding === "latin1") return bytesOfLatin1(text);
    this.#copies.note(key, entry, text);
    return text;
  }

  put(store: Store, key: string, { kept, body, lifetimeMs }: Stored): boolean {
    if (kept.kind === "variants" || body === undefined) {
      if (kept.kind === "entry" && !keepPieces(store, key, kept, lifetimeMs)) return false;
      store.set(entryKey(key), JSON.stringify(kept), lifetimeMs);
      return true;
    }
    const written = textOf(body);
    if (written === undefined) return false;
    const { text, encoding } = written;
    let chunks = 0;
    for (let start = 0; start < text.length; chunks++) {
      const end = pieceEnd(text, start);
      store.set(pieceKey(key, kept.tag, chunks), text.slice(start, end), lifetimeMs);
      start = end;
    }
    // Last, so that whoever finds it finds its body, too.
    store.set(entryKey(key), JSON.stringify({ ...kept, encoding, chunks }), lifetimeMs);
    return true;
  }

  remove(store: Store, key: string): void {
    store.delete(entryKey(key));
  }
}

/** The body of an entry that lives longer than was thought. */
function keepPieces(
  store: Store,
  key: string,
  { tag, chunks = 0 }: Entry,
  lifetimeMs: number,
): boolean {
  for (let at = 0; at < chunks; at++) {
    const piece = store.get(pieceKey(key, tag, at));
    if (piece === undefined) return false;
    store.set(pieceKey(key, tag, at), piece, lifetimeMs);
  }
  return true;
}

function entryKey(key: string): string {
  return `entry:${key}`;
}

function pieceKey(key: string, tag: string, at: number): string {
  return `body:${key}:${tag}:${at}`;
}

/** Never between the halves of a character. */
function pieceEnd(text: string, start: number): number {
  const end = Math.min(start + PIECE, text.length);
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

function textOf(body: Body): { text: string; encoding: "text" | "latin1" } | undefined {
  if (typeof body === "string") return { text: body, encoding: "text" };
  try {
    return {
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body),
      encoding: "text",
    };
  } catch {
    if (body.length > MAX_BINARY_BYTES) return undefined;
    return { text: latin1Of(body), encoding: "latin1" };
  }
}
