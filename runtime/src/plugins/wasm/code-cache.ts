// Compiled code, shared by all plugins and all versions of them that have the same, and the memories they start with.
import { createHash } from "node:crypto";
import type { MemoryImage } from "./memory-image.ts";
import { meter } from "./metering/meter.ts";

export class CodeCache {
  readonly #modules = new Map<string, WeakRef<WebAssembly.Module>>();
  readonly #images = new Map<string, WeakRef<MemoryImage>>();

  /** The image that is in use for modules with this hash, or else this one from now on. */
  image(sha256: string, image: MemoryImage): MemoryImage {
    const kept = this.#images.get(sha256)?.deref();
    if (kept !== undefined) return kept;
    forgetUnused(this.#images);
    this.#images.set(sha256, new WeakRef(image));
    return image;
  }

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
    forgetUnused(this.#modules);
    this.#modules.set(key, new WeakRef(module));
    return module;
  }
}

function forgetUnused(cache: Map<string, WeakRef<object>>): void {
  for (const [key, reference] of cache) {
    if (reference.deref() === undefined) cache.delete(key);
  }
}
