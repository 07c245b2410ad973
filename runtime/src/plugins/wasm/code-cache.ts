// Compiled code, shared by all plugins and all versions of them that have the same.
import { createHash } from "node:crypto";

export class CodeCache {
  readonly #modules = new Map<string, WeakRef<WebAssembly.Module>>();

  /** Compiles the bytes, or finds the module that was compiled from the same ones and is still in use. */
  async compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
    const key = createHash("sha256").update(bytes).digest("base64");
    const kept = this.#modules.get(key)?.deref();
    if (kept !== undefined) return kept;
    // A copy: compilation goes on in the background.
    const module = await WebAssembly.compile(new Uint8Array(bytes));
    for (const [old, reference] of this.#modules) {
      if (reference.deref() === undefined) this.#modules.delete(old);
    }
    this.#modules.set(key, new WeakRef(module));
    return module;
  }
}
