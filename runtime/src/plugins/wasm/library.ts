// The .wasm files at hand: bundled ones, and those of the operator's folder, which win. A file that turns out to be
// broken does not take the place of the one that worked.
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { JsonSchema } from "@sluice/plugin-sdk/abi";
import type { PluginCatalog } from "../../config/model.ts";
import { CodeCache } from "./code-cache.ts";
import { PluginRefused, loadModule, manifestOf } from "./module.ts";
import type { PluginModule } from "./module.ts";

interface LibraryFile {
  readonly path: string;
  /** Changes when the file does. */
  readonly signature: string;
  readonly configSchema: JsonSchema;
  module: Promise<PluginModule> | undefined;
}

interface Shelf {
  current: LibraryFile | undefined;
  lastGood: LibraryFile | undefined;
  refusedSignature: string | undefined;
}

const SUFFIX = ".wasm";

export class PluginLibrary implements PluginCatalog {
  /** Later folders win. */
  readonly #folders: readonly string[];
  readonly #shelves = new Map<string, Shelf>();
  readonly #cache = new CodeCache();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
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
    const { mtimeMs, size, ino } = await stat(path);
    const signature = `${path} ${mtimeMs} ${size} ${ino}`;
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) {
      shelf = { current: undefined, lastGood: undefined, refusedSignature: undefined };
      this.#shelves.set(name, shelf);
    }
    if (shelf.current?.signature === signature || shelf.refusedSignature === signature) return;
    try {
      const manifest = manifestOf(name, await readFile(path));
      shelf.current = { path, signature, configSchema: manifest?.config ?? {}, module: undefined };
    } catch (error) {
      shelf.refusedSignature = signature;
      throw error;
    }
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
  async module(name: string): Promise<PluginModule> {
    const file = this.#shelves.get(name)?.current;
    if (file === undefined) throw new PluginRefused(name, "there is no such plugin");
    file.module ??= this.#load(name, file);
    return file.module;
  }

  async #load(name: string, file: LibraryFile): Promise<PluginModule> {
    try {
      return await loadModule(name, await readFile(file.path), this.#cache);
    } catch (error) {
      // What could not be read now (no file descriptor left, say) may be read by the next reload.
      file.module = undefined;
      throw error;
    }
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
    shelf.refusedSignature = shelf.current.signature;
    shelf.current = shelf.lastGood;
  }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
