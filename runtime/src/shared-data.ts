// What the plugins of one request tell each other (Kong's kong.ctx.shared). Bounded: a plugin in a loop must not fill
// the memory, and many requests have such data at once.

/** Of keys and values together, bytes. */
const MAX_BYTES = 65_536;
/** Counted for each key on top of its bytes. */
const ENTRY_BYTES = 64;

interface Entry {
  readonly value: string;
  readonly bytes: number;
}

export class SharedData {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get(key: string): string | undefined {
    return this.#entries.get(key)?.value;
  }

  /** False, and nothing is changed, when it would be too much. `bytes` is what key and value have. */
  set(key: string, value: string, bytes: number): boolean {
    const size = bytes + ENTRY_BYTES;
    const total = this.#bytes - (this.#entries.get(key)?.bytes ?? 0) + size;
    if (total > MAX_BYTES) return false;
    this.#bytes = total;
    this.#entries.set(key, { value, bytes: size });
    return true;
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
