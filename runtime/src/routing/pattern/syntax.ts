// The tree of a pattern, and the error of a text that is none.
import { singleCharacter } from "./characters.ts";
import type { CharacterSet } from "./characters.ts";

export type PatternNode =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly items: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly options: readonly PatternNode[] }
  | {
      readonly kind: "repeat";
      readonly item: PatternNode;
      readonly min: number;
      /** Infinity when there is no end. */
      readonly max: number;
      readonly isLazy: boolean;
    }
  /** Captures; without a name in the pattern, its number is its name. */
  | { readonly kind: "group"; readonly name: string; readonly item: PatternNode }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** A pattern that does not compile; the message says what was expected. */
export class PatternError extends Error {
  /** Index into the pattern at which the fault was seen. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = "PatternError";
    this.position = position;
  }
}

/** Of the groups that capture, in the order of their parentheses. */
export function captureNames(node: PatternNode): string[] {
  switch (node.kind) {
    case "sequence":
      return node.items.flatMap(captureNames);
    case "choice":
      return node.options.flatMap(captureNames);
    case "repeat":
      return captureNames(node.item);
    case "group":
      return [node.name, ...captureNames(node.item)];
    case "characters":
    case "start":
    case "end":
      return [];
  }
}

/** The characters that every match of the pattern starts with. */
export function literalPrefix(node: PatternNode): string {
  return fixedPart(node).text;
}

/** `isWhole` when the text is all that the node matches, so that what follows may be added. */
function fixedPart(node: PatternNode): { readonly text: string; readonly isWhole: boolean } {
  switch (node.kind) {
    case "characters": {
      const character = singleCharacter(node.set);
      return { text: character ?? "", isWhole: character !== undefined };
    }
    case "sequence": {
      let text = "";
      for (const item of node.items) {
        const part = fixedPart(item);
        text += part.text;
        if (!part.isWhole) return { text, isWhole: false };
      }
      return { text, isWhole: true };
    }
    case "group":
      return fixedPart(node.item);
    case "start":
      return { text: "", isWhole: true };
    case "choice":
    case "repeat":
    case "end":
      return { text: "", isWhole: false };
  }
}
