// Path indexes by host: looking one up costs one hash, and one for each label where there are wildcards.
import type { Candidate } from "./candidate.ts";
import { splitHost } from "./host-pattern.ts";
import { PathIndex } from "./path-index.ts";

/** The candidates of one host, of those that ask for a certain port and of all ports. */
export interface HostEntry {
  readonly anyPort: PathIndex;
  readonly byPort: Map<number, PathIndex>;
}

export interface HostVisitor {
  visitHost(entry: HostEntry): void;
}

export class HostIndex {
  readonly #anyHost: HostEntry = emptyEntry();
  readonly #byKind = {
    exact: new Map<string, HostEntry>(),
    suffix: new Map<string, HostEntry>(),
    prefix: new Map<string, HostEntry>(),
  };

  /** Candidates must be added best rank first. */
  add(candidate: Candidate): void {
    if (candidate.route.hosts.length === 0) this.#anyHost.anyPort.add(candidate);
    for (const host of new Set(candidate.route.hosts)) {
      const { kind, text, port } = splitHost(host);
      const entry = getOrAdd(this.#byKind[kind], text, emptyEntry);
      const paths = port === undefined ? entry.anyPort : getOrAdd(entry.byPort, port, newPaths);
      paths.add(candidate);
    }
  }

  /** Visits what the host, in lower case, leads to; the entry of any host comes last. */
  find(host: string, visitor: HostVisitor): void {
    const { exact, suffix, prefix } = this.#byKind;
    const entry = exact.get(host);
    if (entry !== undefined) visitor.visitHost(entry);
    if (suffix.size > 0 || prefix.size > 0) this.#findWildcards(host, visitor);
    visitor.visitHost(this.#anyHost);
  }

  #findWildcards(host: string, visitor: HostVisitor): void {
    const { suffix, prefix } = this.#byKind;
    for (let dot = host.indexOf(".", 1); dot > 0; dot = host.indexOf(".", dot + 1)) {
      const bySuffix = suffix.get(host.slice(dot));
      if (bySuffix !== undefined) visitor.visitHost(bySuffix);
      const byPrefix = prefix.get(host.slice(0, dot + 1));
      // `example.*` stands for at least one character more.
      if (byPrefix !== undefined && dot + 1 < host.length) visitor.visitHost(byPrefix);
    }
  }
}

function emptyEntry(): HostEntry {
  return { anyPort: newPaths(), byPort: new Map() };
}

function newPaths(): PathIndex {
  return new PathIndex();
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
