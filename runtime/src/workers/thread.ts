// Where a worker thread starts.
import { keepCompiledCode } from "../compile-cache.ts";

keepCompiledCode();
// Imported only now, so that it is found compiled.
const { runWorker } = await import("./worker.ts");
await runWorker();
