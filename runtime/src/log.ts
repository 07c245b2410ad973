// The gateway's own log: one JSON line for each thing an operator must know. Its field names are in this file.
// Nothing of a request but its id, method and route goes in: paths and headers may hold credentials (L2).
import { pino } from "pino";
import type { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { LimitedPluginLog, PluginLog } from "./plugins/wasm/host-services.ts";

/** Lines a second about requests, and from each plugin; the rest is counted (W6). */
const MAX_LINES_PER_SECOND = 100;

/** Lines that wait because nobody reads stderr; past this they are dropped and counted (O7). */
const MAX_QUEUED_BYTES = 512 * 1024;

/** How long the last lines may take at the end, and how often that is looked at, ms. */
const MAX_FLUSH_MS = 1000;
const FLUSH_LOOK_MS = 5;

export interface Logger extends PluginLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  requestRefused(error: GatewayError): void;
  requestFailed(exchange: Exchange, error: GatewayError): void;
  pluginFailed(plugin: string, error: GatewayError): void;
  /** Waits until all lines are out; false when nobody takes them. */
  flush(): Promise<boolean>;
}

/** A logger with its own way out. */
export interface OutputLogger extends Logger, LimitedPluginLog {
  /** Takes a finished line of another thread's log. */
  relay(line: string): void;
}

export interface LoggerOptions {
  readonly level: string;
  readonly onDropped: (lines: number) => void;
  /** A plugin's line was one too many; told to onDropped, too. */
  readonly onPluginDropped?: (plugin: string) => void;
  /** Where lines go instead of to stderr. */
  readonly write?: (line: string) => void;
  /** Said in each line. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

const PLUGIN_LEVELS = ["debug", "info", "warn", "error"] as const;

export function createLogger(options: LoggerOptions): OutputLogger {
  const { write, flush } = options.write
    ? { write: options.write, flush: () => Promise.resolve(true) }
    : stderr(options.onDropped);
  const log = pino({ level: options.level, base: options.fields ?? null }, { write });
  const budget = new LineBudget(() => options.onDropped(1));
  const pluginBudget = new LineBudget((plugin, isFirst) => {
    options.onDropped(1);
    options.onPluginDropped?.(plugin);
    if (!isFirst) return;
    log.warn(
      { plugin },
      `it writes more than ${MAX_LINES_PER_SECOND} lines a second: not all are logged`,
    );
  });
  const levelOf = (level: number): (typeof PLUGIN_LEVELS)[number] => PLUGIN_LEVELS[level] ?? "info";
  return {
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    requestRefused: (error) => {
      if (log.isLevelEnabled("debug")) log.debug({ code: error.code }, error.message);
    },
    requestFailed: (exchange, error) => {
      const level = error.source === "downstream" || error.code === "no_route" ? "debug" : "error";
      if (!log.isLevelEnabled(level) || !budget.take("request")) return;
      const route = exchange.route?.config.name ?? exchange.route?.config.id;
      log[level]({ request_id: exchange.id, route, code: error.code }, error.message);
    },
    pluginFailed: (plugin, error) => {
      if (budget.take("request")) log.error({ plugin, code: error.code }, error.message);
    },
    write: (plugin, level, message, fields) => {
      const name = levelOf(level);
      if (!log.isLevelEnabled(name) || !pluginBudget.take(plugin)) return;
      log[name]({ plugin, ...(fields !== undefined && { fields }) }, message);
    },
    takes: (plugin, level) => log.isLevelEnabled(levelOf(level)) && pluginBudget.hasRoom(plugin),
    relay: write,
    flush,
  };
}

function stderr(onDropped: (lines: number) => void): {
  write: (line: string) => void;
  flush: () => Promise<boolean>;
} {
  const output = pino.destination({ dest: 2, sync: false, maxLength: MAX_QUEUED_BYTES });
  let waitingBytes = 0;
  output.on("write", (count: number) => (waitingBytes -= count));
  output.on("drop", (line: string) => {
    waitingBytes -= Buffer.byteLength(line);
    onDropped(1);
  });
  // There is no reader any more, and no use in waiting for one.
  output.on("error", () => (waitingBytes = 0));
  return {
    write: (line) => {
      waitingBytes += Buffer.byteLength(line);
      output.write(line);
    },
    // Not its flushSync: on a full pipe that blocks the process for as long as nobody reads.
    flush: async () => {
      const limitMs = performance.now() + MAX_FLUSH_MS;
      while (waitingBytes > 0 && performance.now() < limitMs) {
        await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
      }
      return waitingBytes <= 0;
    },
  };
}

/** A number of lines a second for each source. */
class LineBudget {
  /** `isFirst`: a second ago nothing of it was dropped. */
  readonly #onDropped: (source: string, isFirst: boolean) => void;
  readonly #used = new Map<string, number>();
  readonly #droppedInSecond = new Map<string, number>();
  #second = 0;

  constructor(onDropped: (source: string, isFirst: boolean) => void) {
    this.#onDropped = onDropped;
  }

  take(source: string): boolean {
    if (!this.hasRoom(source)) return false;
    this.#used.set(source, (this.#used.get(source) ?? 0) + 1);
    return true;
  }

  hasRoom(source: string): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used.clear();
    }
    if ((this.#used.get(source) ?? 0) < MAX_LINES_PER_SECOND) return true;
    const before = this.#droppedInSecond.get(source);
    this.#droppedInSecond.set(source, second);
    this.#onDropped(source, before === undefined || before < second - 1);
    return false;
  }
}
