// Compiles the bundled plugins of this checkout: plugins/<name>/plugin.ts to plugins/dist/<name>.wasm.
// npm's `prepare` runs it.
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundled } from "../compiler/index.ts";

const pluginsDir = fileURLToPath(new URL("../../../plugins/", import.meta.url));
const outDir = fileURLToPath(new URL("../../../plugins/dist/", import.meta.url));

try {
  for (const [name, { path, built }] of await buildBundled({ pluginsDir, outDir })) {
    console.log(`${name}: ${built ? "built" : "unchanged"}, ${relative(process.cwd(), path)}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
