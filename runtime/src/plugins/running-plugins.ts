// Plugins that run, by what they are made of: a reload that changes nothing about a plugin goes on with its instances.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../exchange.ts";
import type { BodyPiece, Plugin, Verdict } from "./plugin.ts";

interface Running {
  readonly plugin: Plugin;
  users: number;
}

export class RunningPlugins {
  readonly #running = new Map<string, Running>();

  /**
   * The plugin that runs under the key, or the one that `start` gives, which throws when it cannot. Each one that is
   * given out has to be closed; the plugin ends when all are.
   */
  async acquire(key: string, start: () => Promise<Plugin>): Promise<Plugin> {
    const running = this.#running.get(key) ?? this.#add(key, await start());
    running.users++;
    return new Lease(running.plugin, () => this.#release(key, running));
  }

  #add(key: string, plugin: Plugin): Running {
    const running = { plugin, users: 0 };
    this.#running.set(key, running);
    return running;
  }

  #release(key: string, running: Running): void {
    if (--running.users > 0) return;
    if (this.#running.get(key) === running) this.#running.delete(key);
    running.plugin.close();
  }
}

/** A plugin that others may use, too. */
class Lease implements Plugin {
  readonly name: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly #plugin: Plugin;
  #release: (() => void) | undefined;

  constructor(plugin: Plugin, release: () => void) {
    this.name = plugin.name;
    this.priority = plugin.priority;
    this.phases = plugin.phases;
    this.#plugin = plugin;
    this.#release = release;
  }

  run(phase: Phase, exchange: Exchange, entry: number, piece?: BodyPiece): Verdict {
    return this.#plugin.run(phase, exchange, entry, piece);
  }

  close(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
