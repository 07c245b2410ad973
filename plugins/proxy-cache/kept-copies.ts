// What this instance has parsed of the storage's texts. A text is always read from there first: a copy stands for exactly
// the text that it was made of, so that nothing is served that was replaced, purged or pushed out.
import { parseKept } from "./storage.ts";
import type { Entry, Kept } from "./storage.ts";

interface Copy {
  readonly json: string;
  readonly kept: Kept | undefined;
  /** Of an entry in the gateway's store, when it is short. */
  body: string | undefined;
  characters: number;
}

/** All together; an instance is replaced before it has 12 MiB. */
const MAX_COPIES = 512;
const MAX_CHARACTERS = 1_048_576;
const MAX_TEXT = 8192;

export class KeptCopies {
  /** By key, the oldest first. */
  readonly #copies = new Map<string, Copy>();
  #characters = 0;

  /** What a text says that is stored under the key. */
  parsed(key: string, json: string): Kept | undefined {
    const copy = this.#copies.get(key);
    if (copy?.json === json) return copy.kept;
    const kept = parseKept(json);
    if (copy !== undefined) this.#drop(key, copy);
    if (json.length <= MAX_TEXT) {
      this.#copies.set(key, { json, kept, body: undefined, characters: json.length });
      this.#count(json.length);
    }
    return kept;
  }

  /** The body of an entry that {@link parsed} gave, if it was noted: it is what its tag names, and does not change. */
  body(key: string, entry: Entry): string | undefined {
    const copy = this.#copies.get(key);
    return copy?.kept === entry ? copy.body : undefined;
  }

  note(key: string, entry: Entry, body: string): void {
    const copy = this.#copies.get(key);
    if (copy?.kept !== entry || copy.body !== undefined || body.length > MAX_TEXT) return;
    copy.body = body;
    copy.characters += body.length;
    this.#count(body.length);
  }

  #count(characters: number): void {
    this.#characters += characters;
    for (const [key, copy] of this.#copies) {
      if (this.#copies.size <= MAX_COPIES && this.#characters <= MAX_CHARACTERS) return;
      this.#drop(key, copy);
    }
  }

  #drop(key: string, { characters }: Copy): void {
    this.#copies.delete(key);
    this.#characters -= characters;
  }
}
