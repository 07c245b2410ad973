// The compiler: `@sluice/plugin-sdk/compiler`.
import type { BuildOptions, BuildResult } from "./build-plugin.ts";

export { buildBundled } from "./build-bundled.ts";
export type { BuildBundledOptions, BundledPlugin } from "./build-bundled.ts";
export type { BuildOptions, BuildResult, BuiltPlugin, FailedBuild } from "./build-plugin.ts";
export { withManifest } from "./manifest.ts";

/**
 * Builds one plugin. The result says what is wrong with the plugin; it rejects only when the tools fail, which are
 * loaded at the first call.
 */
export async function buildPlugin(options: BuildOptions): Promise<BuildResult> {
  const compiler = await import("./build-plugin.ts");
  return compiler.buildPlugin(options);
}
