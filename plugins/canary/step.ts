// Which of a number of steps somebody belongs to: the same one each time, and as many people on each.

/** Without an identifier, one by chance. */
export function stepOf(
  identifier: string | undefined,
  steps: number,
  random: () => number = Math.random,
): number {
  if (identifier === undefined) return Math.floor(random() * steps);
  return hash(identifier) % steps;
}

/** FNV-1a of 32 bits, mixed once more: the low bits of names that differ in their last character differ, too. */
function hash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
