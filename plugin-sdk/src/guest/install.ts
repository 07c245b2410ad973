// Joins a plugin and the engine: what the gateway's calls run.
import { Verdict } from "../abi.ts";
import { ConfigError } from "../config-error.ts";
import type { EarlyResponse, PluginEntry } from "../context.ts";
import type { Plugin } from "../define-plugin.ts";
import {
  EARLY_RESPONSE,
  HostLogContext,
  HostRequestContext,
  HostResponseContext,
} from "./contexts.ts";
import "./globals.ts";
import { configGet, fail, install as installNative } from "./native.ts";
import { onRejection } from "./rejections.ts";
import { viewOf } from "./view.ts";

/** One plugin entry of the gateway's config, kept by its handle. */
interface ConfiguredEntry {
  readonly plugin: PluginEntry;
  readonly settings: unknown;
}

type VerdictNumber = (typeof Verdict)[keyof typeof Verdict];
type Result = VerdictNumber | Promise<VerdictNumber>;

const CONTINUE = Verdict.continue;
const RESPOND = Verdict.respond;

/** Makes `plugin` what this instance runs; called once, while the plugin is built. */
export function install(plugin: Plugin): void {
  if (typeof plugin?.manifest !== "object" || typeof plugin.configure !== "function") {
    throw new TypeError("The default export must be what definePlugin returns");
  }
  const entries: Record<number, ConfiguredEntry> = [];

  function configure(config: number): VerdictNumber {
    const { id, config: given } = parseEntry(config);
    const entry: PluginEntry = { id };
    try {
      entries[config] = { plugin: entry, settings: plugin.configure(given, entry) };
      return CONTINUE;
    } catch (error) {
      // The author's own words for whoever wrote the config, without a stack.
      if (!(error instanceof ConfigError)) throw error;
      fail(error.message);
      return Verdict.failed;
    }
  }

  function access(requestHandle: number, config: number): Result {
    const entry = entries[config] ?? notConfigured(config);
    const context = viewOf({
      __proto__: HostRequestContext.prototype,
      requestHandle,
      plugin: entry.plugin,
      isAnswered: false,
    });
    const outcome = plugin.onRequest?.(context, entry.settings);
    if (outcome === undefined) return context.isAnswered ? RESPOND : CONTINUE;
    if (outcome === EARLY_RESPONSE) return RESPOND;
    return Promise.resolve(outcome).then((settled) => verdictOf(context, settled));
  }

  function headerFilter(requestHandle: number, config: number): Result {
    const entry = entries[config] ?? notConfigured(config);
    const context = viewOf({
      __proto__: HostResponseContext.prototype,
      requestHandle,
      plugin: entry.plugin,
    });
    return continueAfter(plugin.onResponse?.(context, entry.settings));
  }

  function log(requestHandle: number, config: number): Result {
    const entry = entries[config] ?? notConfigured(config);
    const context = viewOf({
      __proto__: HostLogContext.prototype,
      requestHandle,
      plugin: entry.plugin,
    });
    return continueAfter(plugin.onLog?.(context, entry.settings));
  }

  const manifest = JSON.stringify(plugin.manifest);
  installNative(manifest, configure, access, headerFilter, log, onRejection);
}

function notConfigured(config: number): never {
  throw new Error(`The config handle ${config} was never configured`);
}

function parseEntry(config: number): { id: string; config: unknown } {
  const text = configGet(config);
  if (typeof text !== "string") throw new Error(`There is no config with the handle ${config}`);
  // The host writes this JSON, see ABI.md.
  return JSON.parse(text) as { id: string; config: unknown };
}

/** An answer counts even when the handler forgot to return it: going on as if there were none could let someone in. */
function verdictOf(context: HostRequestContext, outcome: EarlyResponse | void): VerdictNumber {
  if (context.isAnswered) return RESPOND;
  if (outcome === undefined) return CONTINUE;
  throw new TypeError("onRequest must return what ctx.respond or ctx.error returned, or nothing");
}

function continueAfter(outcome: void | Promise<void>): Result {
  if (outcome === undefined) return CONTINUE;
  return Promise.resolve(outcome).then(() => CONTINUE);
}
