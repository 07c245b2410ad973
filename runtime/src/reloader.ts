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
  /** Assembles the config as it is now. Throws ConfigRefused. */
  readonly assemble: () => Promise<Snapshot>;
}

export class Reloader {
  /** False after a reload was refused, until one succeeds. */
  isCurrent = true;
  readonly #parts: ReloaderParts;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
  }

  /** One reload at a time, in the order in which they were asked for. */
  reload(cause: string): Promise<void> {
    this.#running = this.#running.then(() => this.#reload(cause));
    return this.#running;
  }

  async #reload(cause: string): Promise<void> {
    const { pipeline, library, metrics, log, assemble } = this.#parts;
    const startedAtMs = performance.now();
    try {
      for (const refused of await library.scan()) {
        log.error(`${refused.message}; the file is not used`, { cause });
      }
      const next = await assemble();
      const previous = pipeline.snapshot;
      pipeline.snapshot = next;
      previous.retire();
      this.isCurrent = true;
      metrics.reloads.succeeded++;
      log.info("reloaded", { cause, took_ms: Math.round(performance.now() - startedAtMs) });
    } catch (error) {
      this.isCurrent = false;
      metrics.reloads.refused++;
      const reasons = error instanceof ConfigRefused ? error.reasons : [String(error)];
      for (const reason of reasons) {
        log.error(`reload refused, the old config and plugins keep serving: ${reason}`, { cause });
      }
    }
  }
}
