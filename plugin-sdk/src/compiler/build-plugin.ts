// TypeScript in, plugin out: check and bundle at the same time, evaluate, take the snapshot.
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Manifest } from "../abi.ts";
import { bundle } from "./bundle.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { formatDiagnostic, mergeDiagnostics } from "./diagnostics.ts";
import { loadEngine } from "./engine.ts";
import { EvaluationError, takeSnapshot } from "./snapshot.ts";
import { withSourceMap } from "./manifest.ts";
import { authorsSourceMap, locateFailure } from "./source-position.ts";
import { typeCheck } from "./type-check.ts";
import { writeFileAtomically } from "./write-file.ts";

export interface BuildOptions {
  /** The module whose default export is what definePlugin returns. */
  readonly entry: string;
  /**
   * Where the .wasm is written: it replaces the file at once, never half, and only when it differs. Without this and
   * outDir nothing is written.
   */
  readonly outFile?: string;
  /** As outFile, for a folder: there it gets the plugin's name, by which a gateway finds it. */
  readonly outDir?: string;
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
  /** Where it was written. */
  readonly outFile: string | undefined;
  /** Bytes. */
  readonly sizes: {
    readonly wasm: number;
    /** JavaScript of the plugin, its packages and the guest. */
    readonly script: number;
    /** Memory of a fresh instance. */
    readonly memory: number;
  };
  /** Files that it was built from, absolute, without those of the SDK. */
  readonly inputs: readonly string[];
  readonly elapsedMs: number;
}

export interface FailedBuild {
  readonly kind: "failed";
  /** One line each, `file:line:column: message` where there is a place. */
  readonly diagnostics: readonly string[];
  /** Files that it would be built from, as far as that is known; some of them may be missing. */
  readonly inputs: readonly string[];
}

const DEFAULT_MAX_MEMORY_PAGES = 256;

/** Builds one plugin. The result says what is wrong with the plugin; it rejects only when the tools fail. */
export async function buildPlugin(options: BuildOptions): Promise<BuildResult> {
  const startedAtMs = performance.now();
  const entry = resolve(options.entry);
  if (await isMissing(entry)) {
    return failed([{ file: entry, message: "there is no such file" }], [entry]);
  }
  const [engine, bundled, types] = await Promise.all([
    loadEngine(),
    bundle(entry),
    options.check === false ? [] : typeCheck(entry),
  ]);
  const { inputs } = bundled;
  if (bundled.kind === "failed") {
    return failed(mergeDiagnostics(bundled.diagnostics, types), inputs);
  }
  if (types.length > 0) return failed(types, inputs);

  const { source } = bundled;
  const sourceMap = authorsSourceMap(bundled.sourceMap, entry);
  const maxMemoryPages = options.maxMemoryPages ?? DEFAULT_MAX_MEMORY_PAGES;
  try {
    const snapshot = takeSnapshot({ engine, source, maxMemoryPages });
    const { manifest, memoryPages } = snapshot;
    const wasm = withSourceMap(snapshot.wasm, sourceMap);
    const outFile = outFileOf(options, manifest);
    if (outFile !== undefined) await replaceFile(outFile, wasm);
    const sizes = { wasm: wasm.length, script: source.length, memory: memoryPages * 65_536 };
    const elapsedMs = performance.now() - startedAtMs;
    return { kind: "built", wasm, manifest, outFile, sizes, inputs, elapsedMs };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return failed([locateFailure(error.message, sourceMap, entry)], inputs);
  }
}

function outFileOf({ outFile, outDir }: BuildOptions, { name }: Manifest): string | undefined {
  return outFile ?? (outDir === undefined ? undefined : join(outDir, `${name}.wasm`));
}

/** Whoever watches the file hears of real changes only. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const old = await readFile(path).catch(() => undefined);
  if (old?.equals(content) !== true) await writeFileAtomically(path, content);
}

function failed(diagnostics: readonly Diagnostic[], inputs: readonly string[]): FailedBuild {
  return { kind: "failed", diagnostics: diagnostics.map(formatDiagnostic), inputs };
}

function isMissing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  );
}
