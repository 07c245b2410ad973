// Rewrites a module's memory section so that its memory cannot grow past a limit: Extism's maxPages does not reach
// the guest's own memory (F5), and the engine honours only what the module itself declares.
import { SectionId, readUnsigned, sections, unsigned } from "./sections.ts";
import type { Section } from "./sections.ts";

/** The same module with its memory's maximum lowered to `maxPages`. Throws when that cannot be done. */
export function limitMemory(bytes: Uint8Array, maxPages: number): Uint8Array {
  let memory: Section | undefined;
  for (const section of sections(bytes)) {
    // It would run before any limit is in place, and a loop in it could not be stopped (W1).
    if (section.id === SectionId.start) throw new Error("a start section is not allowed");
    if (section.id === SectionId.memory) memory = section;
  }
  if (memory === undefined) return bytes;
  const body = limitedBody(bytes, memory.bodyStart, maxPages);
  if (body === undefined) return bytes;
  return Buffer.concat([
    bytes.subarray(0, memory.start),
    Uint8Array.from([SectionId.memory, ...unsigned(body.length), ...body]),
    bytes.subarray(memory.end),
  ]);
}

/** Undefined when the module declares a maximum within the limit itself, as those of the SDK do. */
function limitedBody(bytes: Uint8Array, start: number, maxPages: number): number[] | undefined {
  const count = readUnsigned(bytes, start);
  if (count.value !== 1) throw new Error(`${count.value} memories, expected 1`);
  const flags = bytes[count.next];
  if (flags !== 0 && flags !== 1) throw new Error("a shared or 64-bit memory is not allowed");
  const min = readUnsigned(bytes, count.next + 1);
  if (min.value > maxPages) {
    throw new Error(`starts with ${min.value} pages of memory, expected at most ${maxPages}`);
  }
  if (flags === 1 && readUnsigned(bytes, min.next).value <= maxPages) return undefined;
  return [1, 1, ...unsigned(min.value), ...unsigned(maxPages)];
}
