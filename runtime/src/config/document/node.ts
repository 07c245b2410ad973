// A config file as a tree that remembers where everything stands.
import { quote } from "../faults.ts";

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: "scalar";
  /** Index into the text. */
  readonly offset: number;
  readonly value: Scalar;
  /** As it was written, without quotes. */
  readonly text: string;
  /** The value came from a vault: no message shows it. */
  readonly isSecret?: true;
}

export interface ListNode {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly ConfigNode[];
}

export interface MappingEntry {
  readonly keyOffset: number;
  readonly value: ConfigNode;
}

export interface MappingNode {
  readonly kind: "mapping";
  readonly offset: number;
  readonly entries: ReadonlyMap<string, MappingEntry>;
}

export type ConfigNode = ScalarNode | ListNode | MappingNode;

export type PlainValue = Scalar | readonly PlainValue[] | { readonly [key: string]: PlainValue };

/** Kong takes null for "not set". */
export function isUnset(node: ConfigNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.value === null);
}

/** The value of a key, or undefined when it is absent or null. */
export function valueNode(mapping: MappingNode, key: string): ConfigNode | undefined {
  const node = mapping.entries.get(key)?.value;
  return isUnset(node) ? undefined : node;
}

/** The value of a key when it is a text. */
export function textOf(mapping: MappingNode, key: string): string | undefined {
  const node = mapping.entries.get(key)?.value;
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** The tree as plain values; keys that are set to null are left out. */
export function plainValue(node: ConfigNode): PlainValue {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainValue);
    case "mapping": {
      const set = [...node.entries].filter(([, entry]) => !isUnset(entry.value));
      return Object.fromEntries(set.map(([key, entry]) => [key, plainValue(entry.value)]));
    }
  }
}

/** The inverse of {@link plainValue}; everything stands at the one offset. */
export function nodeOf(value: unknown, offset: number): ConfigNode {
  if (Array.isArray(value)) {
    return { kind: "list", offset, items: value.map((item) => nodeOf(item, offset)) };
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, child]) => [key, { keyOffset: offset, value: nodeOf(child, offset) }] as const,
    );
    return { kind: "mapping", offset, entries: new Map(entries) };
  }
  const isScalar =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return { kind: "scalar", offset, value: isScalar ? value : null, text: String(value) };
}

/** What stands there, for the end of a message. */
export function describeNode(node: ConfigNode): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "mapping") return "a mapping";
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? quote(node.value) : node.text.slice(0, 40);
}
