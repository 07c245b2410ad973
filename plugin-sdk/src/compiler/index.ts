// The compiler: `@sluice/plugin-sdk/compiler`.
export type { BuildOptions, BuildResult, BuiltPlugin, FailedBuild } from "./build-plugin.ts";
export type { BuildBundledOptions, BundledPlugin } from "./build-bundled.ts";
export { buildBundled } from "./build-bundled.ts";

import type { BuildOptions, BuildResult } from "./build-plugin.ts";

/** Builds one plugin; the tools are loaded at the first call. */
export async function buildPlugin(options: BuildOptions): Promise<BuildResult> {
  const compiler = await import("./build-plugin.ts");
  return compiler.buildPlugin(options);
}
