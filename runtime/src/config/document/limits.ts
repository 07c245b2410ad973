// Limits on a syntax tree, checked without recursion before anything else walks it: deep input must not overflow
// the stack, and aliases must not cost more than the text that holds them.
import type { CST } from "yaml";

/** Entities nest ten levels at most; what a plugin's config adds stays far below. */
export const MAX_NESTING = 100;
const MAX_ALIASES = 10_000;

export interface LimitFault {
  readonly offset: number;
  readonly message: string;
}

/** The first place where the document goes beyond a limit, or undefined. */
export function findBeyondLimits(document: CST.Document): LimitFault | undefined {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  const push = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) pending.push({ token, depth });
  };
  let aliases = 0;
  push(document.value, 1);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (token.type === "alias") aliases += 1;
    if (aliases > MAX_ALIASES) {
      return { offset: token.offset, message: `expected at most ${MAX_ALIASES} aliases` };
    }
    if (!("items" in token)) continue;
    if (depth > MAX_NESTING) {
      const message = `expected at most ${MAX_NESTING} nested lists and mappings`;
      return { offset: token.offset, message };
    }
    for (const item of token.items) {
      push(item.key, depth + 1);
      push(item.value, depth + 1);
    }
  }
  return undefined;
}
