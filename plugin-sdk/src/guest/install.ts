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
import { textOf } from "./faults.ts";
import "./globals.ts";
import { configGet, fail, install as installNative } from "./native.ts";
import { onRejection } from "./rejections.ts";

/** One plugin entry of the gateway's config, kept by its handle. */
interface ConfiguredEntry {
  readonly plugin: PluginEntry;
  readonly settings: unknown;
}

type VerdictNumber = (typeof Verdict)[keyof typeof Verdict];

const CONTINUE = Verdict.continue;
const RESPOND = Verdict.respond;

/** Makes `plugin` what this instance runs; called once, while the plugin is built. */
export function install(plugin: Plugin): void {
  if (typeof plugin?.manifest !== "object" || typeof plugin.configure !== "function") {
    throw new TypeError("The default export must be what definePlugin returns");
  }
  const entries = new Map<number, ConfiguredEntry>();

  function configure(config: number): VerdictNumber {
    const { id, config: given } = parseEntry(config);
    const entry: PluginEntry = { id };
    try {
      entries.set(config, { plugin: entry, settings: plugin.configure(given, entry) });
      return CONTINUE;
    } catch (error) {
      // The author's own words for whoever wrote the config, without a stack.
      if (!(error instanceof ConfigError)) throw error;
      fail(error.message);
      return Verdict.failed;
    }
  }

  function entryOf(config: number): ConfiguredEntry {
    const entry = entries.get(config);
    if (entry === undefined) throw new Error(`The config handle ${config} was never configured`);
    return entry;
  }

  function access(request: number, config: number): VerdictNumber | Promise<VerdictNumber> {
    const entry = entryOf(config);
    const context = new HostRequestContext(request, entry.plugin);
    const outcome = plugin.onRequest?.(context, entry.settings);
    if (outcome === undefined || outcome === EARLY_RESPONSE) return verdictOf(context, outcome);
    return Promise.resolve(outcome).then((settled) => verdictOf(context, settled));
  }

  function headerFilter(request: number, config: number): VerdictNumber | Promise<VerdictNumber> {
    const entry = entryOf(config);
    const context = new HostResponseContext(request, entry.plugin);
    return continueAfter(plugin.onResponse?.(context, entry.settings));
  }

  function log(request: number, config: number): VerdictNumber | Promise<VerdictNumber> {
    const entry = entryOf(config);
    const context = new HostLogContext(request, entry.plugin);
    return continueAfter(plugin.onLog?.(context, entry.settings));
  }

  const manifest = JSON.stringify(plugin.manifest);
  installNative(manifest, configure, access, headerFilter, log, onRejection);
}

function parseEntry(config: number): { id: string; config: unknown } {
  const text = textOf(configGet(config), "config");
  if (text === undefined) throw new Error(`There is no config with the handle ${config}`);
  // The host writes this JSON, see ABI.md.
  return JSON.parse(text) as { id: string; config: unknown };
}

/** An answer counts even when the handler forgot to return it: going on as if there were none could let someone in. */
function verdictOf(context: HostRequestContext, outcome: EarlyResponse | void): VerdictNumber {
  if (context.isAnswered === true) return RESPOND;
  if (outcome === undefined) return CONTINUE;
  throw new TypeError("onRequest must return what ctx.respond or ctx.error returned, or nothing");
}

function continueAfter(outcome: void | Promise<void>): VerdictNumber | Promise<VerdictNumber> {
  if (outcome === undefined) return CONTINUE;
  return Promise.resolve(outcome).then(() => CONTINUE);
}
