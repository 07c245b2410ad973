// Puts new configs and plugins in the place of old ones while requests flow; what does not work changes nothing.
import type { ConfigText } from "./assemble.ts";
import type { Logger } from "./log.ts";
import { reasonsOf } from "./proxy-thread.ts";
import type { Preparation } from "./proxy-thread.ts";
import type { Metrics } from "./status/metrics.ts";

export interface ReloaderParts {
  /** Takes the config, and the plugins as they are now, in the place of what is served; or changes nothing. */
  replace(config: ConfigText): Promise<Preparation>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Reads the config that is served first. */
  readonly source: ConfigSource;
}

/** Throws ConfigRefused when it cannot be read. */
export type ConfigSource = () => Promise<ConfigText>;

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
  #source: ConfigSource;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#source = parts.source;
  }

  /** One reload at a time, in the order in which they were asked for. Without `source`, the same config again. */
  reload(cause: string, source?: ConfigSource): Promise<Reloaded> {
    const reloaded = this.#running.then(() => this.#reload(cause, source ?? this.#source));
    this.#running = reloaded;
    return reloaded;
  }

  async #reload(cause: string, source: ConfigSource): Promise<Reloaded> {
    const { metrics, log } = this.#parts;
    const startedAtMs = performance.now();
    const outcome = await this.#replace(source);
    for (const message of outcome.skippedFiles) {
      log.error(`${message}; the file is not used`, { cause });
    }
    if (outcome.kind === "prepared") {
      this.#source = source;
      this.isCurrent = true;
      metrics.reloads.succeeded++;
      log.info("reloaded", { cause, took_ms: Math.round(performance.now() - startedAtMs) });
      return { kind: "applied" };
    }
    this.isCurrent = false;
    metrics.reloads.refused++;
    for (const reason of outcome.reasons) {
      log.error(`reload refused, the old config and plugins keep serving: ${reason}`, { cause });
    }
    return { kind: "refused", reasons: outcome.reasons };
  }

  async #replace(source: ConfigSource): Promise<Preparation> {
    try {
      return await this.#parts.replace(await source());
    } catch (error) {
      return { kind: "refused", skippedFiles: [], reasons: reasonsOf(error) };
    }
  }
}
