// What the gateway knows of a plugin: phases and verdicts. How it runs is the business of the folders below.
import type { Phase } from "@sluice/plugin-sdk/abi";
import type { FailStrategy, Isolation, PluginGrants, PluginLimits } from "../config/model.ts";
import type { Exchange } from "../exchange.ts";

/** What a plugin says at the end of a phase. Failure is no verdict: it is thrown as a GatewayError. */
export type Verdict =
  | { readonly kind: "continue" }
  /** The exchange holds an answer: status and body. */
  | { readonly kind: "respond" }
  /** The plugin goes on by itself. Rejected with a GatewayError. */
  | { readonly kind: "pending"; readonly settled: Promise<SettledVerdict> };

/** What a plugin that went on by itself says in the end. */
export type SettledVerdict = Extract<Verdict, { readonly kind: "continue" | "respond" }>;

export const CONTINUE: SettledVerdict = { kind: "continue" };
export const RESPOND: SettledVerdict = { kind: "respond" };

/** The phases that see a body, piece by piece; nothing but `continue` comes of them. */
export type BodyPhase = Extract<Phase, "request_body" | "body_filter">;

/** A piece of a body in the hands of a plugin, which may put other bytes in its place. */
export interface BodyPiece {
  /** At most MAX_CHUNK_BYTES on the way in. */
  bytes: Buffer;
  /** Nothing comes after it; it may be empty. */
  readonly isLast: boolean;
}

/** One plugin entry of the config, as its plugin sees it. */
export interface PluginEntry {
  /** Stable across reloads. */
  readonly id: string;
  /** With its secrets: not to be logged. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly failStrategy: FailStrategy;
  readonly isolation: Isolation;
  readonly limits: PluginLimits;
  readonly grants: PluginGrants;
}

/** A plugin at work: loaded, with a number of entries. */
export interface Plugin {
  readonly name: string;
  /** Kong's PRIORITY: higher runs earlier. */
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  /** Runs one phase for one entry, given by its index; the phases of bodies with a piece of one. */
  run(phase: Phase, exchange: Exchange, entry: number, piece?: BodyPiece): Verdict;
  /** Frees what it holds once no request needs it any more. */
  close(): void;
}
