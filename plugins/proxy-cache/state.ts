// What a request's phases tell each other, whichever instance runs them.
import type { LogContext, SharedData } from "@sluice/plugin-sdk";

import type { Header } from "./header-lines.ts";
import type { Found } from "./lookup.ts";

export type State =
  /** The upstream is asked, and what it says may be stored. */
  | {
      readonly kind: "asking";
      readonly primary: string;
      readonly status: "Miss" | "Refresh";
      /** As they were when the key was made of them. */
      readonly headers: readonly Header[];
      /** Others wait for what comes. */
      readonly isLocked: boolean;
    }
  /** Answered from the cache. */
  | {
      readonly kind: "served";
      /** The headers that the response still lacks, see header-lines.ts. */
      readonly lines: string;
      /** Old: a new one is to be fetched. */
      readonly stale?: { readonly primary: string; readonly found: Found };
    }
  /** A method that changes what it is about (RFC 9111 §4.4). */
  | { readonly kind: "unsafe"; readonly primary: string };

const NAME = "proxy-cache";

/**
 * Requests of this instance whose state asks for something at their end: usually there are none, and nobody looks. One that
 * ends in another instance, as this one was replaced, is forgotten: its lock ends by itself, and another request will renew
 * what is stale.
 */
let unfinished = 0;

export function setState(shared: SharedData, state: State): void {
  if (isUnfinished(state)) unfinished++;
  shared.set(NAME, state);
}

/** Sets the usual state, which is a text alone: JSON of more takes its time. */
export function setServed(shared: SharedData, lines: string): void {
  shared.set(NAME, lines);
}

export function clearState(shared: SharedData, state: State): void {
  if (isUnfinished(state) && unfinished > 0) unfinished--;
  shared.delete(NAME);
}

export function stateOf(shared: SharedData): State | undefined {
  const state = shared.get(NAME);
  if (typeof state === "string") return { kind: "served", lines: state };
  const isState = typeof state === "object" && state !== null && "kind" in state;
  // Other plugins of the chain have no reason to write under this name.
  return isState ? (state as State) : undefined;
}

/** At a request's end: what is still to be done for it. */
export function takeUnfinished(ctx: LogContext): State | undefined {
  if (unfinished === 0) return undefined;
  const state = stateOf(ctx.shared);
  if (state === undefined || !isUnfinished(state)) return undefined;
  unfinished--;
  return state;
}

function isUnfinished(state: State): boolean {
  return state.kind === "asking"
    ? state.isLocked
    : state.kind === "served" && state.stale !== undefined;
}
