// The .wasm files at hand: bundled ones, and those of the operator's folder, which win. A file that turns out to be
// broken does not take the place of the one that worked.
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JsonSchema } from "@sluice/plugin-sdk/abi";
import type { PluginCatalog } from "../../config/model.ts";
import { TrustedKeys, sha256Of } from "../supply/trusted-keys.ts";
import { CodeCache } from "./code-cache.ts";
import { LibraryFile } from "./library-file.ts";
import { PluginRefused, loadModule } from "./module.ts";
import type { PluginModule } from "./module.ts";

/** The plugins that a config can use, and what becomes of their modules. */
export interface PluginSource extends PluginCatalog {
  /**
   * Compiles the plugin's current module, once. `maxMemoryPages` are what its memory may grow to, pages of 64 KiB; by
   * default the gateway's limit. Throws {@link PluginRefused}.
   */
  module(name: string, maxMemoryPages?: number): Promise<PluginModule>;
  /** There is no module, and no enabled entry would need it. */
  isAbsent(name: string): boolean;
  /** The plugin comes with the gateway. */
  isBundled(name: string): boolean;
  /** The plugin's current module works. */
  accept(name: string): void;
  /** It does not: back to the last one that did. */
  refuse(name: string): void;
}

export interface LibraryOptions {
  /** The folder of those that come with the gateway: they need no signature. */
  readonly bundledFolder?: string;
  readonly keys?: TrustedKeys;
}

interface Shelf {
  current: LibraryFile | undefined;
  lastGood: LibraryFile | undefined;
  refusedState: string | undefined;
}

const SUFFIX = ".wasm";
/** NAME.wasm.sig is the signature of NAME.wasm: base64, as `sluice plugin sign` writes it. */
const SIGNATURE_SUFFIX = ".sig";

export class PluginLibrary implements PluginSource {
  /** Later folders win. */
  readonly #folders: readonly string[];
  readonly #shelves = new Map<string, Shelf>();
  readonly #cache = new CodeCache();
  readonly #bundledFolder: string | undefined;
  readonly #keys: TrustedKeys;

  constructor(folders: readonly string[], options: LibraryOptions = {}) {
    this.#folders = folders;
    this.#bundledFolder = options.bundledFolder;
    this.#keys = options.keys ?? new TrustedKeys([]);
  }

  /** Looks for new, changed and removed files. Returns why single files were not taken. */
  async scan(): Promise<PluginRefused[]> {
    const paths = new Map<string, string>();
    for (const folder of this.#folders) {
      for (const file of await listFolder(folder)) {
        if (file.endsWith(SUFFIX)) paths.set(file.slice(0, -SUFFIX.length), join(folder, file));
      }
    }
    for (const name of this.#shelves.keys()) {
      if (!paths.has(name)) this.#shelves.delete(name);
    }
    const refused: PluginRefused[] = [];
    for (const [name, path] of paths) {
      try {
        await this.#take(name, path);
      } catch (error) {
        refused.push(
          error instanceof PluginRefused ? error : new PluginRefused(name, String(error), error),
        );
      }
    }
    return refused;
  }

  async #take(name: string, path: string): Promise<void> {
    const isBundled = dirname(path) === this.#bundledFolder;
    const needsSignature = !this.#keys.isEmpty && !isBundled;
    const signaturePath = `${path}${SIGNATURE_SUFFIX}`;
    const signed = needsSignature ? await stateOf(signaturePath).catch(() => "unsigned") : "";
    const state = `${path} ${await stateOf(path)} ${signed}`;
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) {
      shelf = { current: undefined, lastGood: undefined, refusedState: undefined };
      this.#shelves.set(name, shelf);
    }
    if (shelf.current?.state === state || shelf.refusedState === state) return;
    try {
      const bytes = isBundled ? undefined : await readFile(path);
      if (needsSignature && bytes) await this.#checkSignature(name, bytes, signaturePath);
      shelf.current = new LibraryFile(name, path, state, bytes);
    } catch (error) {
      shelf.refusedState = state;
      throw error;
    }
  }

  async #checkSignature(name: string, bytes: Uint8Array, path: string): Promise<void> {
    const signature = await readFile(path, "utf8").catch(() => undefined);
    const refusal = this.#keys.refusal(bytes, signature?.trim());
    if (refusal !== undefined) throw new PluginRefused(name, refusal);
  }

  names(): readonly string[] {
    return [...this.#shelves].flatMap(([name, shelf]) =>
      shelf.current === undefined ? [] : [name],
    );
  }

  schema(name: string): JsonSchema | undefined {
    return this.#shelves.get(name)?.current?.configSchema;
  }

  /** Compiles the plugin's current file, once. Throws {@link PluginRefused}. */
  async module(name: string, maxMemoryPages?: number): Promise<PluginModule> {
    const file = this.#shelves.get(name)?.current;
    if (file === undefined) throw new PluginRefused(name, "there is no such plugin");
    const module = file.modules.get(maxMemoryPages) ?? this.#load(name, file, maxMemoryPages);
    file.modules.set(maxMemoryPages, module);
    return module;
  }

  async #load(
    name: string,
    file: LibraryFile,
    maxMemoryPages: number | undefined,
  ): Promise<PluginModule> {
    try {
      const bytes = await readFile(file.path);
      // What was looked at, its signature too, is what runs; a newer file is for the next reload.
      if (sha256Of(bytes) !== file.sha256)
        throw new PluginRefused(name, "its file has just changed");
      return await loadModule(name, bytes, this.#cache, {
        isBundled: dirname(file.path) === this.#bundledFolder,
        sha256: file.sha256,
        maxMemoryPages,
      });
    } catch (error) {
      // What could not be read now (no file descriptor left, say) may be read by the next reload.
      file.modules.delete(maxMemoryPages);
      throw error;
    }
  }

  /** Only of pinned ones. */
  isAbsent(): boolean {
    return false;
  }

  isBundled(name: string): boolean {
    const path = this.#shelves.get(name)?.current?.path;
    return path !== undefined && dirname(path) === this.#bundledFolder;
  }

  /** The plugin's current file works. */
  accept(name: string): void {
    const shelf = this.#shelves.get(name);
    if (shelf !== undefined) shelf.lastGood = shelf.current;
  }

  /** The plugin's current file does not work: back to the last one that did. */
  refuse(name: string): void {
    const shelf = this.#shelves.get(name);
    if (shelf?.current === undefined || shelf.current === shelf.lastGood) return;
    shelf.refusedState = shelf.current.state;
    shelf.current = shelf.lastGood;
  }
}

async function stateOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
