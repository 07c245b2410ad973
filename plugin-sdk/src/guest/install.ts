// Joins a plugin and the engine: what the gateway's calls run.
import { Verdict } from "../abi.ts";
import { ConfigError } from "../config-error.ts";
import type { EarlyResponse, PluginEntry } from "../context.ts";
import type { Plugin, RequestOutcome } from "../define-plugin.ts";
import { HttpError } from "../http-error.ts";
import { sealMetrics } from "../metrics.ts";
import { readChunk, replaceChunk } from "./bodies.ts";
import {
  EARLY_RESPONSE,
  HostBodyContext,
  HostLogContext,
  HostRequestContext,
  HostResponseContext,
} from "./contexts.ts";
import "./globals.ts";
import "./module-host.ts";
import { check } from "./faults.ts";
import { configGet, fail, install as installNative, respond } from "./native.ts";
import { onRejection } from "./rejections.ts";
import { checkedStatus } from "./response.ts";
import { viewOf } from "./view.ts";
import { resume, whenSettled } from "./waiting.ts";

/** One plugin entry of the gateway's config, kept by its handle. */
interface ConfiguredEntry {
  readonly plugin: PluginEntry;
  readonly settings: unknown;
}

type VerdictNumber = (typeof Verdict)[keyof typeof Verdict];
type BodyHandler = (
  context: HostBodyContext,
  chunk: Uint8Array<ArrayBuffer>,
  isLast: boolean,
  settings: unknown,
) => ReturnType<NonNullable<Plugin["onRequestBody"]>>;
type Result = VerdictNumber | Promise<VerdictNumber>;

const CONTINUE = Verdict.continue;
const RESPOND = Verdict.respond;

/** Makes `plugin` what this instance runs; called once, while the plugin is built. */
export function install(plugin: Plugin): void {
  if (typeof plugin?.manifest !== "object" || typeof plugin.configure !== "function") {
    throw new TypeError("The default export must be what definePlugin returns");
  }
  // Taken out of the plugin, whose manifest need not stay in each instance.
  const { onRequest, onRequestBody, onResponse, onResponseBody, onLog } = plugin;
  const configurePlugin = plugin.configure;
  const entries: Record<number, ConfiguredEntry> = [];

  function configure(config: number): VerdictNumber {
    const { id, config: given } = parseEntry(config);
    const entry: PluginEntry = { id };
    try {
      entries[config] = { plugin: entry, settings: configurePlugin(given, entry) };
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
    let outcome: RequestOutcome | Promise<RequestOutcome>;
    try {
      outcome = onRequest?.(context, entry.settings);
    } catch (error) {
      return answerWith(context, error);
    }
    if (outcome === undefined) return context.isAnswered ? RESPOND : CONTINUE;
    if (outcome === EARLY_RESPONSE) return RESPOND;
    return Promise.resolve(outcome).then(
      (settled) => verdictOf(context, settled),
      (error: unknown) => answerWith(context, error),
    );
  }

  function headerFilter(requestHandle: number, config: number): Result {
    const entry = entries[config] ?? notConfigured(config);
    const context = viewOf({
      __proto__: HostResponseContext.prototype,
      requestHandle,
      plugin: entry.plugin,
    });
    return continueAfter(onResponse?.(context, entry.settings));
  }

  /** What onRequestBody and onResponseBody are called by. */
  function bodyPhase(name: "onRequestBody" | "onResponseBody", handler: BodyHandler | undefined) {
    return (
      requestHandle: number,
      config: number,
      length: number,
      isLast: number,
    ): VerdictNumber => {
      const { plugin, settings } = entries[config] ?? notConfigured(config);
      const context = viewOf({ __proto__: HostBodyContext.prototype, requestHandle, plugin });
      const chunk = readChunk(requestHandle, length);
      try {
        replaceChunk(requestHandle, name, handler?.(context, chunk, isLast === 1, settings));
        return CONTINUE;
      } catch (error) {
        if (name !== "onRequestBody" || !(error instanceof HttpError)) throw error;
        return refuseBody(context, error);
      }
    };
  }

  function log(requestHandle: number, config: number): Result {
    const entry = entries[config] ?? notConfigured(config);
    const context = viewOf({
      __proto__: HostLogContext.prototype,
      requestHandle,
      plugin: entry.plugin,
    });
    return continueAfter(onLog?.(context, entry.settings));
  }

  const metrics = sealMetrics();
  const manifest = JSON.stringify({
    ...plugin.manifest,
    ...(metrics.length > 0 && { metrics }),
  });
  installNative(
    manifest,
    configure,
    access,
    headerFilter,
    log,
    onRejection,
    resume,
    whenSettled,
    bodyPhase("onRequestBody", onRequestBody),
    bodyPhase("onResponseBody", onResponseBody),
  );
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

/** Part of the body may be with the upstream already: the gateway gives that request up. */
function refuseBody({ requestHandle, id }: HostBodyContext, error: HttpError): VerdictNumber {
  const answer = JSON.stringify({ message: error.message, request_id: id });
  check(respond(requestHandle, checkedStatus(error.status), answer), `answer with ${error.status}`);
  return RESPOND;
}

/** An error that is an answer; any other one is thrown again. */
function answerWith(context: HostRequestContext, error: unknown): VerdictNumber {
  if (!(error instanceof HttpError)) throw error;
  context.error(error.status, error.message, error.headers);
  return RESPOND;
}

function continueAfter(outcome: void | Promise<void>): Result {
  if (outcome === undefined) return CONTINUE;
  return Promise.resolve(outcome).then(() => CONTINUE);
}
