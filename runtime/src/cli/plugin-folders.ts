// Where a command finds plugins.
import { bundledPluginsDir, bundledWasmDir } from "../bundled.ts";

/** The bundled plugins, compiled when they are not yet, and the operator's folder, which wins. */
export async function pluginFolders(pluginsDir: string | undefined): Promise<readonly string[]> {
  const { buildBundled } = await import("@sluice/plugin-sdk/compiler");
  const outDir = bundledWasmDir();
  await buildBundled({ pluginsDir: bundledPluginsDir(), outDir });
  return pluginsDir === undefined ? [outDir] : [outDir, pluginsDir];
}
