// What the gateway knows of a plugin: phases and verdicts. How it runs is the business of the folders below.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../exchange.ts";

/** What a plugin says at the end of a phase. Failure is no verdict: it is thrown as a GatewayError. */
export type Verdict =
  | { readonly kind: "continue" }
  /** The exchange holds an answer: status and body. */
  | { readonly kind: "respond" }
  /** Ask again when the promise is fulfilled. */
  | { readonly kind: "wait"; readonly until: Promise<void> };

export const CONTINUE: Verdict = { kind: "continue" };
export const RESPOND: Verdict = { kind: "respond" };

/** One plugin entry of the config, as its plugin sees it. */
export interface PluginEntry {
  /** Stable across reloads. */
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A plugin at work: loaded, with a number of entries. */
export interface Plugin {
  readonly name: string;
  /** Kong's PRIORITY: higher runs earlier. */
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  /** Runs one phase for one entry, given by its index. */
  run(phase: Phase, exchange: Exchange, entry: number): Verdict;
  /** Frees what it holds once no request needs it any more. */
  close(): void;
}
