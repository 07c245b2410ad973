// Puts new configs and plugins in the place of old ones while requests flow; what does not work changes nothing.
import type { ConfigText } from "./assemble.ts";
import type { Logger } from "./log.ts";
import { reasonsOf } from "./proxy-thread.ts";
import type { Preparation } from "./proxy-thread.ts";
import type { Metrics } from "./status/metrics.ts";
import { ModulesMissing } from "./supplied-config.ts";

export interface ReloaderParts {
  /** Takes the config, and the plugins as they are now, in the place of what is served; or changes nothing. */
  replace(config: ConfigText): Promise<Preparation>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Reads the config that is served first. */
  readonly source: ConfigSource;
  /** How long to wait before modules that were missing so many times in a row are asked for again, ms. */
  retryDelayMs(times: number): number;
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
  #missing: string | undefined;
  #timesMissing = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#source = parts.source;
  }

  /** Why the config's file cannot be served: modules that it needs are missing. Until a reload succeeds. */
  get missing(): string | undefined {
    return this.#missing;
  }

  /** No retry starts any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
  }

  /** One reload at a time, in the order in which they were asked for. Without `source`, the same config again. */
  reload(cause: string, source?: ConfigSource): Promise<Reloaded> {
    const reloaded = this.#running.then(() => this.#reload(cause, source ?? this.#source));
    this.#running = reloaded;
    return reloaded;
  }

  async #reload(cause: string, source: ConfigSource): Promise<Reloaded> {
    const { metrics, log } = this.#parts;
    clearTimeout(this.#retry);
    const startedAtMs = performance.now();
    const outcome = await this.#replace(source);
    for (const message of outcome.skippedFiles) {
      log.error(`${message}; the file is not used`, { cause });
    }
    if (outcome.kind === "prepared") {
      this.#source = source;
      this.isCurrent = true;
      this.#missing = undefined;
      this.#timesMissing = 0;
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

  /** A config that was posted is not asked for again: whoever sent it is told. */
  #onMissing(error: ModulesMissing, source: ConfigSource): void {
    if (source !== this.#parts.source || this.#isStopped) return;
    this.#missing = error.message;
    const waitMs = this.#parts.retryDelayMs(++this.#timesMissing);
    this.#retry = setTimeout(() => void this.reload("modules were missing", source), waitMs);
  }

  async #replace(source: ConfigSource): Promise<Preparation> {
    try {
      return await this.#parts.replace(await source());
    } catch (error) {
      if (error instanceof ModulesMissing) this.#onMissing(error, source);
      return { kind: "refused", skippedFiles: [], reasons: reasonsOf(error) };
    }
  }
}
