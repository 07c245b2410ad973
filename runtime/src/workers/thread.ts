// Where a worker thread starts.
import "../../bin/compile-cache.js";

// Imported only now, so that it is found compiled.
const { runWorker } = await import("./worker.ts");
await runWorker();
