// How deep a syntax tree is, found without recursion: deep input must not overflow the stack of what comes after.
import type { CST } from "yaml";

/** Entities nest ten levels at most; what a plugin's config adds stays far below. */
export const MAX_NESTING = 100;

/** Offset of the first collection nested deeper than {@link MAX_NESTING}, or undefined. */
export function findTooDeep(document: CST.Document): number | undefined {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  const push = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) pending.push({ token, depth });
  };
  push(document.value, 1);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (!("items" in token)) continue;
    if (depth > MAX_NESTING) return token.offset;
    for (const item of token.items) {
      push(item.key, depth + 1);
      push(item.value, depth + 1);
    }
  }
  return undefined;
}
