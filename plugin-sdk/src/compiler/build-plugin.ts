// TypeScript in, plugin out: check and bundle at the same time, evaluate, take the snapshot.
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import type { Manifest } from "../abi.ts";
import { bundle } from "./bundle.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { formatDiagnostic, mergeDiagnostics } from "./diagnostics.ts";
import { loadEngine } from "./engine.ts";
import { EvaluationError, takeSnapshot } from "./snapshot.ts";
import { locateFailure } from "./source-position.ts";
import { typeCheck } from "./type-check.ts";
import { writeFileAtomically } from "./write-file.ts";

export interface BuildOptions {
  /** The module whose default export is what definePlugin returns. */
  readonly entry: string;
  /** Where the .wasm is written; it replaces the file at once, never half. Without it nothing is written. */
  readonly outFile?: string;
  /** Type-check the plugin. Default: true. */
  readonly check?: boolean;
  /** What an instance may ever use, pages of 64 KiB. Default: 256, which is 16 MiB. */
  readonly maxMemoryPages?: number;
}

export type BuildResult = BuiltPlugin | FailedBuild;

export interface BuiltPlugin {
  readonly kind: "built";
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly manifest: Manifest;
  /** Bytes. */
  readonly sizes: {
    readonly wasm: number;
    /** JavaScript of the plugin, its packages and the guest. */
    readonly script: number;
    /** Memory of a fresh instance. */
    readonly memory: number;
  };
  readonly elapsedMs: number;
}

export interface FailedBuild {
  readonly kind: "failed";
  /** One line each, `file:line:column: message` where there is a place. */
  readonly diagnostics: readonly string[];
}

const DEFAULT_MAX_MEMORY_PAGES = 256;

/** Builds one plugin. The result says what is wrong with the plugin; it rejects only when the tools fail. */
export async function buildPlugin(options: BuildOptions): Promise<BuildResult> {
  const startedAtMs = performance.now();
  const entry = resolve(options.entry);
  if (await isMissing(entry)) return failed([{ file: entry, message: "there is no such file" }]);
  const [engine, bundled, types] = await Promise.all([
    loadEngine(),
    bundle(entry),
    options.check === false ? [] : typeCheck(entry),
  ]);
  if (bundled.kind === "failed") return failed(mergeDiagnostics(bundled.diagnostics, types));
  if (types.length > 0) return failed(types);

  const { source } = bundled;
  const maxMemoryPages = options.maxMemoryPages ?? DEFAULT_MAX_MEMORY_PAGES;
  try {
    const { wasm, manifest, memoryPages } = takeSnapshot({ engine, source, maxMemoryPages });
    if (options.outFile !== undefined) await writeFileAtomically(options.outFile, wasm);
    const sizes = { wasm: wasm.length, script: source.length, memory: memoryPages * 65_536 };
    return { kind: "built", wasm, manifest, sizes, elapsedMs: performance.now() - startedAtMs };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return failed([locateFailure(error.message, bundled.sourceMap, entry)]);
  }
}

function failed(diagnostics: readonly Diagnostic[]): FailedBuild {
  return { kind: "failed", diagnostics: diagnostics.map(formatDiagnostic) };
}

function isMissing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  );
}
