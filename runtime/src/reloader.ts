// Puts new configs and plugins in the place of old ones while requests flow; what does not work changes nothing.
import { ConfigRefused } from "./assemble.ts";
import type { Logger } from "./log.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PluginLibrary } from "./plugins/wasm/library.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Metrics } from "./status/metrics.ts";

export interface ReloaderParts {
  readonly pipeline: Pipeline;
  readonly library: PluginLibrary;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Assembles the config that is served first. Throws ConfigRefused. */
  readonly assemble: Assemble;
}

export type Assemble = () => Promise<Snapshot>;

/** What became of a reload. */
export type Reloaded =
  | { readonly kind: "applied" }
  /** Nothing has changed; one line for each fault. */
  | { readonly kind: "refused"; readonly reasons: readonly string[] };

export class Reloader {
  /** False after a reload was refused, until one succeeds. */
  isCurrent = true;
  readonly #parts: ReloaderParts;
  /** Where the config that is served came from: a changed plugin is loaded into that one. */
  #assemble: Assemble;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#assemble = parts.assemble;
  }

  /** One reload at a time, in the order in which they were asked for. Without `assemble`, the same config again. */
  reload(cause: string, assemble?: Assemble): Promise<Reloaded> {
    const reloaded = this.#running.then(() => this.#reload(cause, assemble ?? this.#assemble));
    this.#running = reloaded;
    return reloaded;
  }

  async #reload(cause: string, assemble: Assemble): Promise<Reloaded> {
    const { pipeline, library, metrics, log } = this.#parts;
    const startedAtMs = performance.now();
    try {
      for (const refused of await library.scan()) {
        log.error(`${refused.message}; the file is not used`, { cause });
      }
      const next = await assemble();
      const previous = pipeline.snapshot;
      pipeline.snapshot = next;
      previous.retire();
      this.#assemble = assemble;
      this.isCurrent = true;
      metrics.reloads.succeeded++;
      log.info("reloaded", { cause, took_ms: Math.round(performance.now() - startedAtMs) });
      return { kind: "applied" };
    } catch (error) {
      this.isCurrent = false;
      metrics.reloads.refused++;
      const reasons = error instanceof ConfigRefused ? error.reasons : [String(error)];
      for (const reason of reasons) {
        log.error(`reload refused, the old config and plugins keep serving: ${reason}`, { cause });
      }
      return { kind: "refused", reasons };
    }
  }
}
