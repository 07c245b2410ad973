// Compiled code, shared by all plugins and all versions of them that have the same.
import { createHash } from "node:crypto";
import { meter } from "./metering/meter.ts";

export class CodeCache {
  readonly #modules = new Map<string, WeakRef<WebAssembly.Module>>();

  /**
   * Compiles the pieces as one module with fuel checks in it, or finds the one that was compiled from the same and is
   * still in use. `isBundled`: it comes with the gateway, see meter. Throws an Error that says what is not allowed.
   */
  async compile(
    pieces: readonly Uint8Array[],
    isBundled: boolean = false,
  ): Promise<WebAssembly.Module> {
    const hash = createHash("sha256").update(isBundled ? "bundled" : "");
    for (const piece of pieces) hash.update(piece);
    const key = hash.digest("base64");
    const kept = this.#modules.get(key)?.deref();
    if (kept !== undefined) return kept;
    // A copy, which nobody changes while compilation goes on in the background.
    const module = await WebAssembly.compile(meter(Buffer.concat(pieces), isBundled));
    for (const [old, reference] of this.#modules) {
      if (reference.deref() === undefined) this.#modules.delete(old);
    }
    this.#modules.set(key, new WeakRef(module));
    return module;
  }
}
