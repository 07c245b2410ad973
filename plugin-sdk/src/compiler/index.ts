// The compiler: `@sluice/plugin-sdk/compiler`.
import type { BuildOptions, BuildResult } from "./build-plugin.ts";
import type { Inspection } from "./inspect-plugin.ts";
import type { NewPlugin } from "./new-plugin.ts";
import type { TestRun } from "../test-runner/run-tests.ts";

export { buildBundled } from "./build-bundled.ts";
export type { BuildBundledOptions, BundledPlugin } from "./build-bundled.ts";
export type { BuildOptions, BuildResult, BuiltPlugin, FailedBuild } from "./build-plugin.ts";
export type { Inspection } from "./inspect-plugin.ts";
export { withManifest } from "./manifest.ts";
export type { NewPlugin } from "./new-plugin.ts";
export type { TestRun } from "../test-runner/run-tests.ts";

/**
 * Builds one plugin. The result says what is wrong with the plugin; it rejects only when the tools fail, which are
 * loaded at the first call.
 */
export async function buildPlugin(options: BuildOptions): Promise<BuildResult> {
  const compiler = await import("./build-plugin.ts");
  return compiler.buildPlugin(options);
}

/**
 * Builds a plugin at once and after each change of a file that it is made of, until the signal aborts. `onBuilt` gets
 * every result; what cannot be built is a result, too. Rejects when the tools fail.
 */
export async function watchPlugin(
  options: BuildOptions,
  onBuilt: (result: BuildResult) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const watcher = await import("./watch-plugin.ts");
  return watcher.watchPlugin(options, onBuilt, signal);
}

/** Makes the folder `name` in `parent` with a plugin and its test, unless there is something already. */
export async function newPlugin(name: string, parent: string): Promise<NewPlugin> {
  const maker = await import("./new-plugin.ts");
  return maker.newPlugin(name, parent);
}

/**
 * Builds the plugins beside the test files, whose paths are absolute, and runs the tests with the runtime that runs
 * this, on this process's output.
 */
export async function runTests(
  files: readonly string[],
  options: { readonly check: boolean },
): Promise<TestRun> {
  const runner = await import("../test-runner/run-tests.ts");
  return runner.runTests(files, options);
}

/** What a .wasm is and asks for, read without running it. Never throws: what is wrong stands in `faults`. */
export async function inspectPlugin(wasm: Uint8Array<ArrayBuffer>): Promise<Inspection> {
  const inspector = await import("./inspect-plugin.ts");
  return inspector.inspectPlugin(wasm);
}
