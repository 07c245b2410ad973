// The targets of one upstream of one config: what the config and a registry list, with names as their addresses.
import type { TargetConfig, UpstreamConfig } from "../config/upstream-model.ts";
import { stableId } from "../config/stable-id.ts";
import type { NameWatch, Names } from "./dns/names.ts";
import { expand, isName } from "./expand.ts";
import type { NameReport } from "./report.ts";
import type { ListedTarget } from "./source.ts";

export class UpstreamTargets {
  readonly #config: UpstreamConfig;
  readonly #names: Names;
  readonly #watches = new Map<string, NameWatch>();
  readonly #onChange: () => void;
  #listed: readonly TargetConfig[] = [];

  constructor(config: UpstreamConfig, names: Names, onChange: () => void) {
    this.#config = config;
    this.#names = names;
    this.#onChange = onChange;
    this.list([]);
  }

  /** From now on the registry lists these, besides those of the config. */
  list(discovered: readonly ListedTarget[]): void {
    const { targets, id } = this.#config;
    const ofRegistry = discovered.map((target) => ({
      ...target,
      id: stableId(id, `${target.host}:${target.port}`),
      priority: 0,
    }));
    this.#listed = [...targets, ...ofRegistry];
    const wanted = new Set(this.#listed.map(({ host }) => host).filter(isName));
    for (const name of wanted) {
      if (this.#watches.has(name)) continue;
      this.#watches.set(name, this.#names.watch(name, this.#onChange));
    }
    for (const [name, watch] of this.#watches) {
      if (wanted.has(name)) continue;
      watch.stop();
      this.#watches.delete(name);
    }
  }

  /** When all names that are listed now were looked up once. */
  async firstLookUps(): Promise<void> {
    await Promise.all([...this.#watches.values()].map(({ name }) => name.firstLookUp));
  }

  /** All of them now; undefined when they are those of the config, as they stand there. */
  current(): readonly TargetConfig[] | undefined {
    if (this.#watches.size === 0 && this.#config.discovery === undefined) return undefined;
    return expand(
      this.#listed,
      (name) => this.#watches.get(name)?.name.addresses ?? [],
      (host, port) => stableId(this.#config.id, `${host}:${port}`),
    );
  }

  names(): readonly NameReport[] {
    return [...this.#watches.values()].map(({ name }) => ({
      name: name.name,
      type: name.type,
      addresses: name.addresses.map(({ host }) => host),
      error: name.error,
    }));
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }
}
