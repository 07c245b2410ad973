// Candidates by path, segment by segment: looking one up costs the segments of the request's path,
// however many routes there are.
import type { Candidate } from "./candidate.ts";

/** Takes the candidates that a path leads to. An object, since closures made for each request cost more. */
export interface PathVisitor {
  /** Best rank first. */
  consider(candidates: readonly Candidate[]): void;
}

interface Node {
  /** Prefixes that end here: the path ends here too, or goes on with a slash. */
  readonly here: Candidate[];
  /** Those that need a slash after this segment: prefixes that end in one, and patterns that start so. */
  readonly below: Candidate[];
  readonly children: Map<string, Node>;
}

export class PathTree {
  readonly #root: Node = emptyNode();

  /** Candidates must be added best rank first. */
  add(candidate: Candidate): void {
    // A pattern waits at the last whole segment that all its matches share; one without paths, at the root.
    const prefix = candidate.pattern?.literalPrefix ?? candidate.prefix;
    const isHere = candidate.pattern === undefined && !prefix.endsWith("/") && prefix !== "";
    const end = isHere ? prefix.length : prefix.lastIndexOf("/");
    let node = this.#root;
    const segments = end > 0 ? prefix.slice(1, end).split("/") : [];
    for (const segment of segments) node = childOf(node, segment);
    (isHere ? node.here : node.below).push(candidate);
  }

  /** Shows every candidate whose prefix the path has; patterns and all else are still to be checked. */
  find(path: string, visitor: PathVisitor): void {
    let node = this.#root;
    if (node.below.length > 0) visitor.consider(node.below);
    for (let start = 1; start < path.length && node.children.size > 0;) {
      const slash = path.indexOf("/", start);
      const end = slash < 0 ? path.length : slash;
      const child = node.children.get(path.slice(start, end));
      if (child === undefined) return;
      node = child;
      if (node.here.length > 0) visitor.consider(node.here);
      if (slash >= 0 && node.below.length > 0) visitor.consider(node.below);
      start = end + 1;
    }
  }
}

function emptyNode(): Node {
  return { here: [], below: [], children: new Map() };
}

function childOf(node: Node, segment: string): Node {
  let child = node.children.get(segment);
  if (child === undefined) {
    child = emptyNode();
    node.children.set(segment, child);
  }
  return child;
}
