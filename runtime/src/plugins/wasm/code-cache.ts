// Compiled code, shared by all plugins and all versions of them that have the same.
import { createHash } from "node:crypto";

export class CodeCache {
  readonly #modules = new Map<string, WeakRef<WebAssembly.Module>>();

  /** Compiles the pieces as one module, or finds the one that was compiled from the same and is still in use. */
  async compile(pieces: readonly Uint8Array[]): Promise<WebAssembly.Module> {
    const hash = createHash("sha256");
    for (const piece of pieces) hash.update(piece);
    const key = hash.digest("base64");
    const kept = this.#modules.get(key)?.deref();
    if (kept !== undefined) return kept;
    // One copy, which nobody changes while compilation goes on in the background.
    const module = await WebAssembly.compile(Buffer.concat(pieces));
    for (const [old, reference] of this.#modules) {
      if (reference.deref() === undefined) this.#modules.delete(old);
    }
    this.#modules.set(key, new WeakRef(module));
    return module;
  }
}
