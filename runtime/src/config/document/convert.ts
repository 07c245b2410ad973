// YAML's nodes to ours, and the parts of YAML that a config may not use: merge keys, odd tags, aliases without end.
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Alias, ParsedNode, Scalar as YamlScalar, YAMLMap } from "yaml";
import { childPath, quote } from "../faults.ts";
import type { FaultLog } from "../faults.ts";
import { MAX_NESTING } from "./limits.ts";
import type { ConfigNode, MappingEntry } from "./node.ts";

/** An alias costs as much as the text it stands for; a billion laughs (G3) stop here. */
const MAX_ALIASED_NODES = 100_000;

const TAGS: ReadonlySet<string> = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

interface Converted {
  readonly node: ConfigNode;
  /** Nodes in the tree, aliases resolved. */
  readonly size: number;
  readonly depth: number;
}

export class Converter {
  readonly #faults: FaultLog;
  readonly #anchors = new Map<string, Converted>();
  #aliasedNodes = 0;

  constructor(faults: FaultLog) {
    this.#faults = faults;
  }

  /** Faults are logged; what they concern counts as null. */
  convert(node: ParsedNode | null, path: string, level: number): Converted {
    if (node === null) return scalar(0, null, "");
    if (isAlias(node)) return this.#alias(node, path, level);
    const converted = this.#checkTag(node, path) ?? this.#byKind(node, path, level);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, converted);
    return converted;
  }

  #byKind(node: Exclude<ParsedNode, Alias>, path: string, level: number): Converted {
    if (isMap(node)) return this.#mapping(node, path, level);
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.convert(item, childPath(path, index), level + 1),
      );
      const list = items.map((item) => item.node);
      return { node: { kind: "list", offset: offsetOf(node), items: list }, ...measure(items) };
    }
    return this.#scalar(node, path);
  }

  #checkTag(node: Exclude<ParsedNode, Alias>, path: string): Converted | undefined {
    if (node.tag === undefined || TAGS.has(node.tag)) return undefined;
    this.#faults.add(path, offsetOf(node), `the tag ${quote(node.tag)} is not supported`);
    return scalar(offsetOf(node), null, "");
  }

  #mapping(node: YAMLMap.Parsed, path: string, level: number): Converted {
    const entries = new Map<string, MappingEntry>();
    const children: Converted[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair.key, path);
      if (key === undefined) continue;
      const valuePath = childPath(path, key);
      const value = this.convert(pair.value, valuePath, level + 1);
      const keyOffset = offsetOf(pair.key);
      if (entries.has(key)) this.#faults.add(valuePath, keyOffset, "this key was given before");
      entries.set(key, { keyOffset, value: value.node });
      children.push(value);
    }
    return { node: { kind: "mapping", offset: offsetOf(node), entries }, ...measure(children) };
  }

  #key(key: ParsedNode, path: string): string | undefined {
    if (!isScalar(key) || typeof key.value !== "string") {
      this.#faults.add(path, offsetOf(key), "expected a text as key: put it in quotes");
      return undefined;
    }
    if (key.value === "__proto__") {
      this.#faults.add(path, offsetOf(key), 'the key "__proto__" is not allowed');
      return undefined;
    }
    if (key.value === "<<" && key.type === "PLAIN") {
      this.#faults.add(path, offsetOf(key), "merge keys (<<) are not supported: repeat the fields");
      return undefined;
    }
    if (key.anchor !== undefined) this.#anchors.set(key.anchor, this.#scalar(key, path));
    return key.value;
  }

  #scalar(node: YamlScalar.Parsed, path: string): Converted {
    const value: unknown = node.value;
    const offset = offsetOf(node);
    const text = node.source;
    if (typeof value === "number" && !isExact(value)) {
      this.#faults.add(
        path,
        offset,
        `expected a number that JSON can hold exactly, got ${quote(text)}`,
      );
      return scalar(offset, null, text);
    }
    const isPlain =
      typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    return scalar(offset, isPlain ? value : null, text);
  }

  #alias(node: Alias.Parsed, path: string, level: number): Converted {
    const offset = offsetOf(node);
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      this.#faults.add(path, offset, `there is no anchor &${node.source} before this alias`);
      return scalar(offset, null, "");
    }
    const wasWithinLimit = this.#aliasedNodes <= MAX_ALIASED_NODES;
    this.#aliasedNodes += target.size;
    const isWithinLimit = this.#aliasedNodes <= MAX_ALIASED_NODES;
    if (isWithinLimit && level + target.depth <= MAX_NESTING) return target;
    if (wasWithinLimit) {
      const limit = isWithinLimit
        ? `more than ${MAX_NESTING} levels`
        : `more than ${MAX_ALIASED_NODES} values`;
      this.#faults.add(path, offset, `aliases expand to ${limit}`);
    }
    return scalar(offset, null, "");
  }
}

function scalar(offset: number, value: string | number | boolean | null, text: string): Converted {
  return { node: { kind: "scalar", offset, value, text }, size: 1, depth: 0 };
}

function measure(children: readonly Converted[]): Pick<Converted, "size" | "depth"> {
  let size = 1;
  let depth = 0;
  for (const child of children) {
    size += child.size;
    depth = Math.max(depth, child.depth);
  }
  return { size, depth: depth + 1 };
}

// Beyond 2^53 integers are silently rounded (G5).
function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function offsetOf(node: ParsedNode): number {
  return node.range[0];
}
