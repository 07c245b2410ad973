// All registries that are watched: one for each upstream and way to discover it, for as long as a config needs it.
import { isDeepStrictEqual } from "node:util";
import type { DiscoveryConfig } from "../config/upstream-model.ts";
import { Registry } from "./registry.ts";
import type { RegistryParts } from "./registry.ts";
import { SOURCES } from "./sources/all.ts";
import type { DiscoveryState } from "./report.ts";
import type { ListedTarget } from "./source.ts";

export interface RegistriesParts extends Omit<RegistryParts, "onTargets" | "onState"> {
  /** For the log. */
  onTargets(of: RegistryName, before: readonly ListedTarget[], now: readonly ListedTarget[]): void;
  onState(of: RegistryName, state: DiscoveryState, error: string | undefined): void;
}

export interface RegistryName {
  readonly upstream: string;
  readonly type: string;
}

export interface RegistryUse {
  readonly registry: Registry;
  stop(): void;
}

interface Entry {
  readonly upstream: string;
  readonly config: DiscoveryConfig;
  readonly registry: Registry;
  readonly users: Set<() => void>;
}

export class Registries {
  readonly #parts: RegistriesParts;
  #entries: readonly Entry[] = [];

  constructor(parts: RegistriesParts) {
    this.#parts = parts;
  }

  /** A reload that changes nothing of it goes on with what is known. */
  use(upstream: string, config: DiscoveryConfig, onTargets: () => void): RegistryUse {
    const known = this.#entries.find(
      (each) => each.upstream === upstream && isDeepStrictEqual(each.config, config),
    );
    const entry = known ?? this.#start(upstream, config);
    entry.users.add(onTargets);
    return {
      registry: entry.registry,
      stop: () => {
        entry.users.delete(onTargets);
        if (entry.users.size > 0) return;
        entry.registry.stop();
        this.#entries = this.#entries.filter((each) => each !== entry);
      },
    };
  }

  #start(upstream: string, config: DiscoveryConfig): Entry {
    const { type, isRequired, folder, fields } = config;
    const source = SOURCES.find((each) => each.type === type);
    if (source === undefined) throw new Error(`there is no registry of type ${type}`);
    const of = { upstream, type };
    const users = new Set<() => void>();
    let before: readonly ListedTarget[] = [];
    const registry = new Registry(
      { type, isRequired, folder, watching: source.watching(fields) },
      {
        ...this.#parts,
        onState: (state, error) => this.#parts.onState(of, state, error),
        onTargets: (targets) => {
          this.#parts.onTargets(of, before, targets);
          before = targets;
          for (const tell of users) tell();
        },
      },
    );
    const entry = { upstream, config, registry, users };
    this.#entries = [...this.#entries, entry];
    registry.start();
    return entry;
  }
}
