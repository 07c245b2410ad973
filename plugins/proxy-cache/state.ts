// What a request's phases tell each other.
import type { SharedData } from "@sluice/plugin-sdk";

import type { Found } from "./lookup.ts";
import type { Header } from "./storage.ts";

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
  /** Answered from the cache; the headers that the response still lacks. */
  | {
      readonly kind: "served";
      readonly primary: string;
      readonly headers: readonly Header[];
      /** Old: a new one is to be fetched. */
      readonly stale?: Found;
    }
  /** A method that changes what it is about (RFC 9111 §4.4). */
  | { readonly kind: "unsafe"; readonly primary: string };

const NAME = "proxy-cache";

export function setState(shared: SharedData, state: State | undefined): void {
  if (state === undefined) shared.delete(NAME);
  else shared.set(NAME, { ...state });
}

export function stateOf(shared: SharedData): State | undefined {
  const state = shared.get(NAME);
  const isState = typeof state === "object" && state !== null && "kind" in state;
  // Other plugins of the chain have no reason to write under this name.
  return isState ? (state as State) : undefined;
}
