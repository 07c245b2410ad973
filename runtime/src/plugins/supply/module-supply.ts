// The modules that a config pins with `wasm`: fetched, checked against hash and signature, and kept, so that a config
// that names known ones depends on nobody.
import { detailOf } from "../../errors.ts";
import type { ConfigFault } from "../../config/model.ts";
import type { PinnedPlugin } from "../../config/pinned-plugins.ts";
import { fetchModule, shownUrl } from "./fetch-module.ts";
import { sha256Of } from "./trusted-keys.ts";
import type { TrustedKeys } from "./trusted-keys.ts";

/** Modules by the name of their plugin; undefined for one that could not be had and that nobody needs now. */
export type SuppliedModules = ReadonlyMap<string, SuppliedModule | undefined>;

export interface SuppliedModule {
  /** Hex. */
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type Supply =
  | {
      readonly kind: "supplied";
      readonly modules: SuppliedModules;
      /** What went wrong and does not matter now. */
      readonly warnings: readonly ConfigFault[];
    }
  | { readonly kind: "missing"; readonly faults: readonly ConfigFault[] };

export interface ModuleSupplyOptions {
  readonly keys: TrustedKeys;
  /** Of one module. */
  readonly maxBytes: number;
  /** For one module, redirects included. */
  readonly timeoutMs: number;
  /** Throws when the module cannot be a plugin. */
  check(plugin: string, module: SuppliedModule): Promise<void>;
}

/** Of modules that no config needs any more. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

export class ModuleSupply {
  readonly #options: ModuleSupplyOptions;
  /** By hash, the longest unused first. */
  readonly #known = new Map<string, SuppliedModule>();

  constructor(options: ModuleSupplyOptions) {
    this.#options = options;
  }

  /** All that are needed, or why one of them cannot be had. */
  async obtain(pins: readonly PinnedPlugin[]): Promise<Supply> {
    const modules = new Map<string, SuppliedModule | undefined>();
    const faults: ConfigFault[] = [];
    const warnings: ConfigFault[] = [];
    const obtainOne = async (pin: PinnedPlugin): Promise<void> => {
      try {
        modules.set(pin.name, await this.#obtain(pin));
      } catch (error) {
        modules.set(pin.name, undefined);
        const message = `plugin ${pin.name}: module ${shownUrl(pin.wasm.url)}: ${detailOf(error)}`;
        (pin.isMandatory ? faults : warnings).push({ ...pin.source, message });
      }
    };
    await Promise.all(pins.map(obtainOne));
    this.#forget(modules);
    return faults.length > 0
      ? { kind: "missing", faults: inOrder(faults) }
      : { kind: "supplied", modules, warnings: inOrder(warnings) };
  }

  async #obtain({ name, wasm }: PinnedPlugin): Promise<SuppliedModule> {
    const { keys } = this.#options;
    const module = this.#known.get(wasm.sha256) ?? (await this.#fetch(wasm));
    const refusal = keys.refusal(module.bytes, wasm.signature);
    if (refusal !== undefined) throw new Error(refusal);
    await this.#options.check(name, module);
    this.#known.delete(module.sha256);
    this.#known.set(module.sha256, module);
    return module;
  }

  async #fetch(wasm: PinnedPlugin["wasm"]): Promise<SuppliedModule> {
    const bytes = await fetchModule(wasm.url, this.#options);
    const sha256 = sha256Of(bytes);
    if (sha256 === wasm.sha256) return { sha256, bytes };
    throw new Error(`its SHA-256 is ${sha256}, expected ${wasm.sha256}`);
  }

  /** The config that is served may not be the one that was asked for last, so what it needs may be here a while. */
  #forget(modules: SuppliedModules): void {
    const inUse = new Set([...modules.values()].map((module) => module?.sha256));
    let length = 0;
    for (const { bytes } of this.#known.values()) length += bytes.length;
    for (const { sha256, bytes } of this.#known.values()) {
      if (length <= MAX_KEPT_BYTES) return;
      if (inUse.has(sha256)) continue;
      this.#known.delete(sha256);
      length -= bytes.length;
    }
  }
}

function inOrder(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
