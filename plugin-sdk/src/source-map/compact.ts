// The source map that goes into a .wasm: only what leads to the author's own files.
import { decodeMappings, encodeMappings } from "./mappings.ts";
import type { Mapping } from "./mappings.ts";

/** A source map of version 3, as far as it matters here. */
export interface SourceMapJson {
  readonly version: number;
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Without names and contents; what comes from a source that is not kept belongs to no source any more. */
export function compactSourceMap(
  { sources, mappings }: SourceMapJson,
  keeps: (source: string) => boolean,
): SourceMapJson {
  const kept = sources.filter(keeps);
  const indexes = sources.map((source) => kept.indexOf(source));
  const thinned = encodeMappings(thin(decodeMappings(mappings), indexes));
  return { version: 3, sources: kept, mappings: thinned };
}

/** One mapping says where a stretch without a source begins. */
function* thin(mappings: Iterable<Mapping>, indexes: readonly number[]): Generator<Mapping> {
  let isMapped = false;
  for (const mapping of mappings) {
    const source = indexes[mapping.source] ?? -1;
    if (source === -1 && !isMapped) continue;
    isMapped = source !== -1;
    yield { ...mapping, source };
  }
}
