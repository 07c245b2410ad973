// Clears what freed memory still holds, so that the snapshot does not carry it: a third of a plugin's heap otherwise.
// Walks the blocks of dlmalloc, the allocator in quickjs.wasm, whose layout has not changed since 2.8.
import { malloc } from "./quickjs";
import { HEAP_START } from "./state";

/** A block starts with the size of the previous one if that is free, then its own size and flags. */
const BLOCK_HEADER: usize = 8;
const FLAGS: u32 = 7;
const IN_USE: u32 = 2;
/** Links of the free list or tree at the start of a free block, header included. */
const LINKS_END: usize = 32;

/** Call before anything else uses malloc: this block then lies lowest. */
export function rememberHeapStart(): void {
  store<u32>(HEAP_START, <u32>malloc(8));
}

export function clearFreeMemory(): void {
  const end = <usize>memory.size() << 16;
  let block = <usize>load<u32>(HEAP_START) - BLOCK_HEADER;
  while (block < end) {
    const head = load<u32>(block, 4);
    const size = <usize>(head & ~FLAGS);
    // The last block is dlmalloc's own end mark.
    if (size == 0 || block + size >= end) return;
    if (!(head & IN_USE) && size > LINKS_END) memory.fill(block + LINKS_END, 0, size - LINKS_END);
    block += size;
  }
}
