// Where the plugins that come with the gateway are.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Folder of @sluice/plugins; a package of data for the runtime, which imports no code from it. */
export function bundledPluginsDir(): string {
  return dirname(createRequire(import.meta.url).resolve("@sluice/plugins/package.json"));
}

/** Folder of the compiled ones. */
export function bundledWasmDir(): string {
  return join(bundledPluginsDir(), "dist");
}
