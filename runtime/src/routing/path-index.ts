// Candidates by prefix: looking a path up costs one pass over it, however many routes there are, and a look into a table
// for each number of segments that prefixes have. A tree of segments would cost a map in no cache for each of them.
import type { Candidate } from "./candidate.ts";
import { hashOf, PrefixTable } from "./prefix-table.ts";

/** What waits at one prefix, best rank first; mostly one candidate, and then without a list around it. */
export type Place = Candidate | Candidate[];

/** Takes the candidates that a path leads to. An object, since closures made for each request cost more. */
export interface PathVisitor {
  consider(place: Place): void;
}

/** The prefix ends with the segment: the path ends there too, or goes on with a slash. */
const HERE = 1;
/** The path must have a slash behind the segment: prefixes that end in one, and patterns that start so. */
const BELOW = 2;

const SLASH = 47;

export class PathIndex {
  /** Places by prefix; those that need a slash end in it. */
  readonly #prefixes = new PrefixTable();
  readonly #places: Place[] = [];
  #root: Place | undefined;
  /** HERE and BELOW by number of segments: which lookups can find something. */
  readonly #kinds: number[] = [0];
  #maxPrefixLength = 0;

  /** Candidates must be added best rank first. */
  add(candidate: Candidate): void {
    // A pattern waits at the last whole segment that all its matches share; one without paths, at the root.
    const { pattern } = candidate;
    const start = pattern?.literalPrefix ?? candidate.prefix;
    const isHere = pattern === undefined && !start.endsWith("/") && start !== "";
    const prefix = isHere ? start : start.slice(0, start.lastIndexOf("/") + 1);
    if (prefix.length <= 1) this.#root = withCandidate(this.#root, candidate);
    else this.#addBelowRoot(prefix, isHere ? HERE : BELOW, candidate);
  }

  #addBelowRoot(prefix: string, kind: number, candidate: Candidate): void {
    const known = this.#prefixes.find(prefix, prefix.length, hashOf(prefix));
    if (known >= 0) {
      this.#places[known] = withCandidate(this.#places[known], candidate);
      return;
    }
    this.#prefixes.add(prefix, this.#places.push(candidate) - 1);
    const segments = prefix.split("/").length - kind;
    while (this.#kinds.length <= segments) this.#kinds.push(0);
    this.#kinds[segments] = (this.#kinds[segments] ?? 0) | kind;
    this.#maxPrefixLength = Math.max(this.#maxPrefixLength, prefix.length);
  }

  /** Shows every candidate whose prefix the path has; patterns and all else are still to be checked. */
  find(path: string, visitor: PathVisitor): void {
    if (this.#root !== undefined) visitor.consider(this.#root);
    const last = Math.min(path.length, this.#maxPrefixLength);
    let hash = PrefixTable.hashStart;
    let segments = 0;
    for (let at = 0; at < last; at++) {
      const code = path.charCodeAt(at);
      if (code !== SLASH || at === 0) {
        hash = PrefixTable.extendHash(hash, code);
        continue;
      }
      const kinds = this.#kinds[++segments] ?? 0;
      if ((kinds & HERE) !== 0) this.#visit(path, at, hash, visitor);
      hash = PrefixTable.extendHash(hash, code);
      if ((kinds & BELOW) !== 0) this.#visit(path, at + 1, hash, visitor);
    }
    if (isSegmentEnd(path, last)) {
      const kinds = this.#kinds[segments + 1] ?? 0;
      if ((kinds & HERE) !== 0) this.#visit(path, last, hash, visitor);
    }
  }

  #visit(path: string, length: number, hash: number, visitor: PathVisitor): void {
    const place = this.#places[this.#prefixes.find(path, length, hash)];
    if (place !== undefined) visitor.consider(place);
  }
}

/** A segment, not empty, ends where the path does or has its next slash. */
function isSegmentEnd(path: string, end: number): boolean {
  if (end < 2 || path.charCodeAt(end - 1) === SLASH) return false;
  return end === path.length || path.charCodeAt(end) === SLASH;
}

function withCandidate(place: Place | undefined, candidate: Candidate): Place {
  if (place === undefined) return candidate;
  if (!Array.isArray(place)) return [place, candidate];
  place.push(candidate);
  return place;
}
