// Query arguments: read and changed in place, so that what nobody touched goes upstream byte by byte.

export interface QueryPair {
  /** Decoded. */
  readonly name: string;
  readonly value: string;
  /** As it stands in the query. */
  readonly text: string;
}

let lastQuery = "";
let lastPairs: readonly QueryPair[] = [];

/** The arguments in order. Several plugins ask for the same query in turn: the last one is remembered. */
export function queryPairs(query: string): readonly QueryPair[] {
  if (query !== lastQuery) {
    lastPairs = query === "" ? [] : query.split("&").filter(Boolean).map(readPair);
    lastQuery = query;
  }
  return lastPairs;
}

export interface QueryChange {
  readonly name: string;
  /** Undefined removes the argument. */
  readonly value: string | undefined;
  /** Adds to the values there are, instead of replacing them. */
  readonly keepsOthers: boolean;
}

/** The query after the change. */
export function changeQuery(query: string, change: QueryChange): string {
  const kept = queryPairs(query)
    .filter((pair) => change.keepsOthers || pair.name !== change.name)
    .map((pair) => pair.text);
  if (change.value !== undefined) kept.push(`${encode(change.name)}=${encode(change.value)}`);
  return kept.join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function readPair(text: string): QueryPair {
  const equals = text.indexOf("=");
  return equals < 0
    ? { name: decode(text), value: "", text }
    : { name: decode(text.slice(0, equals)), value: decode(text.slice(equals + 1)), text };
}

function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not UTF-8 or a broken escape: the text itself is the only reading that is not a guess.
    return spaced;
  }
}
