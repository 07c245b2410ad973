// Hashes of 32 bits: equal in every gateway and on every runtime, for all of them must agree where a key belongs.

/** FNV-1a over UTF-16 units. Not for secrets: who chooses the text chooses the hash. */
export function hashText(text: string, seed: number = 0x811c9dc5): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mix(hash);
}

/** Spreads what differs in a few bits over all of them (the finalizer of MurmurHash3). */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
