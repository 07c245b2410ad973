// Plugins whose module the config pins, beside those of the folders: compiled once for each hash.
import type { JsonSchema } from "@sluice/plugin-sdk/abi";
import type { SuppliedModule, SuppliedModules } from "../supply/module-supply.ts";
import { CodeCache } from "./code-cache.ts";
import type { PluginSource } from "./library.ts";
import { PluginRefused, loadModule } from "./module.ts";
import type { PluginModule } from "./module.ts";

export class PinnedModules {
  readonly #cache = new CodeCache();
  /** By plugin and hash. */
  #loaded = new Map<string, Promise<PluginModule>>();

  /** Compiles the module, once. Throws {@link PluginRefused}. */
  load(
    plugin: string,
    { sha256, bytes }: SuppliedModule,
    maxMemoryPages?: number,
  ): Promise<PluginModule> {
    const key = keyOf(plugin, sha256, maxMemoryPages);
    let module = this.#loaded.get(key);
    if (module === undefined) {
      module = loadModule(plugin, bytes, this.#cache, { maxMemoryPages, sha256 });
      this.#loaded.set(key, module);
    }
    return module;
  }

  /**
   * What the gateway knows of plugins with those of one config: a pinned plugin hides a file of the same name. Plugins
   * that no config has pinned since the last time are forgotten. Throws {@link PluginRefused}.
   */
  async over(base: PluginSource, modules: SuppliedModules): Promise<PluginSource> {
    const pinned = new Map<string, PluginModule | undefined>();
    const loaded = new Map<string, Promise<PluginModule>>();
    for (const [name, supplied] of modules) {
      pinned.set(name, supplied && (await this.load(name, supplied)));
      if (supplied !== undefined)
        loaded.set(keyOf(name, supplied.sha256), this.load(name, supplied));
    }
    this.#loaded = loaded;
    const limited = async (name: string, maxMemoryPages: number): Promise<PluginModule> => {
      const supplied = modules.get(name);
      if (supplied === undefined) throw new PluginRefused(name, "its module could not be had");
      return this.load(name, supplied, maxMemoryPages);
    };
    return modules.size === 0 ? base : withPinned(base, pinned, limited);
  }
}

function keyOf(plugin: string, sha256: string, maxMemoryPages?: number): string {
  return `${sha256} ${plugin} ${maxMemoryPages ?? ""}`;
}

/** Undefined stands for a module that is not there, and that only disabled entries would need. */
function withPinned(
  base: PluginSource,
  pinned: ReadonlyMap<string, PluginModule | undefined>,
  limited: (name: string, maxMemoryPages: number) => Promise<PluginModule>,
): PluginSource {
  return {
    names: () => [...new Set([...base.names(), ...pinned.keys()])],
    schema: (name): JsonSchema | undefined =>
      pinned.has(name) ? (pinned.get(name)?.configSchema ?? {}) : base.schema(name),
    module: async (name, maxMemoryPages) => {
      if (!pinned.has(name)) return base.module(name, maxMemoryPages);
      if (maxMemoryPages !== undefined) return limited(name, maxMemoryPages);
      const module = pinned.get(name);
      if (module === undefined) throw new PluginRefused(name, "its module could not be had");
      return module;
    },
    isAbsent: (name) => pinned.has(name) && pinned.get(name) === undefined,
    isBundled: (name) => !pinned.has(name) && base.isBundled(name),
    accept: (name) => {
      if (!pinned.has(name)) base.accept(name);
    },
    refuse: (name) => {
      if (!pinned.has(name)) base.refuse(name);
    },
  };
}
