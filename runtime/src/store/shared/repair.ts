// Makes a shard whole again whose holder died at work. What a bucket leads to is true: an entry is linked there only
// when it is complete, and unlinked before its blocks are given back. All the rest is worked out anew from that; the
// order of use is lost.
import { Entry, HEADER_WORDS, Header } from "./layout.ts";
import type { Shard } from "./shard.ts";

/** The caller holds the shard's lock. */
export function repair(shard: Shard): void {
  const { words, blocks, recency } = shard;
  const used = words[Header.usedBlocks] as number;
  const isTaken = new Uint8Array(used + 1);
  recency.clear();
  let entries = 0;
  for (let bucket = HEADER_WORDS; bucket < HEADER_WORDS + shard.buckets; bucket++) {
    for (let entry = words[bucket] as number; entry !== 0;) {
      for (let block = entry; block !== 0;) {
        isTaken[block] = 1;
        block = words[blocks.at(block) + Entry.nextBlock] as number;
      }
      recency.add(entry);
      entries++;
      entry = words[blocks.at(entry) + Entry.nextInBucket] as number;
    }
  }
  words[Header.entries] = entries;
  words[Header.freeBlock] = 0;
  words[Header.freeBlocks] = 0;
  for (let block = 1; block <= used; block++) {
    if (isTaken[block] === 1) continue;
    words[blocks.at(block) + Entry.nextBlock] = 0;
    blocks.give(block);
  }
}
