import { MemoryStore } from "./memory-store.ts";
import { runStoreCases } from "./store.testing.ts";

runStoreCases("MemoryStore", ({ maxEntries, maxBytes, now }) => {
  return new MemoryStore({ maxEntries, maxCharacters: maxBytes, now });
});
