// Imports all that `sluice start` needs, so that the first start finds it compiled. npm's `prepare` runs it.
import "../../bin/compile-cache.js";

await import("../main.ts");
await import("./sluice.ts");
await import("./start.ts");
