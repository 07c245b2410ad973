// Builds the engine: AssemblyScript compiles the glue, binaryen merges it with quickjs.wasm.
// wasm-opt has no part in it: -O2 to -O4 took 7 to 20 s and changed no call's time (RATIONALE.md).
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CONFIGURE_EXPORT, PHASE_EXPORTS, RESUME_EXPORT, VERSION_EXPORT } from "../abi.ts";
import { GLUE_DIR } from "./engine.ts";
import { packageDir } from "./places.ts";
import { guardStack } from "./stack-guard.ts";
import { concat } from "./wasm-binary.ts";
import { keepExports, renameImports, resizeTable, tableSize } from "./wasm-rewrite.ts";

const run = promisify(execFile);

/** Table slots for functions of the glue that QuickJS calls: about 70. */
const GLUE_TABLE_SLOTS = 128;
/** Where AssemblyScript's constants begin, see engine/state.ts. */
const GLUE_MEMORY_BASE = 1024;

/** Named one by one: `--enable-all` writes encodings that engines refuse. */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
  "simd",
].map((feature) => `--enable-${feature}`);

const EXPORTS: ReadonlySet<string> = new Set([
  "memory",
  "engine_start",
  "engine_source",
  "engine_evaluate",
  "engine_manifest",
  "engine_manifest_length",
  "engine_finish",
  VERSION_EXPORT,
  CONFIGURE_EXPORT,
  RESUME_EXPORT,
  ...Object.values(PHASE_EXPORTS),
]);

/** Takes about 3 s. Needs a directory for temporary files. */
export async function buildEngine(): Promise<Uint8Array<ArrayBuffer>> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-engine-"));
  try {
    const quickjs = await readFile(join(packageDir("quickjs-wasi"), "quickjs.wasm"));
    const glue = await compileGlue(join(dir, "glue.wasm"), tableSize(quickjs));
    const merged = await merge(dir, prepareQuickjs(quickjs), prepareGlue(glue));
    return concat([keepExports(merged, EXPORTS)]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** `tableBase`: first free slot of the table that the glue shares with QuickJS. */
async function compileGlue(output: string, tableBase: number): Promise<Uint8Array> {
  await runScript(join(packageDir("assemblyscript"), "bin", "asc.js"), [
    join(GLUE_DIR, "index.ts"),
    "--runtime=stub",
    "--use=abort=",
    "--noAssert",
    "-O3",
    "--importMemory",
    `--memoryBase=${GLUE_MEMORY_BASE}`,
    "--importTable",
    `--tableBase=${tableBase}`,
    `--outFile=${output}`,
  ]);
  return readFile(output);
}

/** All that QuickJS imports, WASI included, comes from the glue. */
function prepareQuickjs(quickjs: Uint8Array): Uint8Array {
  const roomy = resizeTable(guardStack(quickjs), tableSize(quickjs) + GLUE_TABLE_SLOTS);
  return renameImports(roomy, ({ name }) => ({ module: "glue", name }));
}

/** AssemblyScript imports memory and table from `env`; they are QuickJS's. */
function prepareGlue(glue: Uint8Array): Uint8Array {
  return renameImports(glue, ({ module, name }) => {
    if (module !== "env") return { module, name };
    return { module: "qjs", name: name === "table" ? "__indirect_function_table" : name };
  });
}

async function merge(dir: string, quickjs: Uint8Array, glue: Uint8Array): Promise<Uint8Array> {
  const [quickjsPath, gluePath, output] = ["quickjs", "glue", "merged"].map((name) =>
    join(dir, `${name}-prepared.wasm`),
  ) as [string, string, string]; // As many as names.
  await Promise.all([writeFile(quickjsPath, quickjs), writeFile(gluePath, glue)]);
  await runScript(join(packageDir("binaryen"), "bin", "wasm-merge"), [
    quickjsPath,
    "qjs",
    gluePath,
    "glue",
    "--skip-export-conflicts",
    `--output=${output}`,
    ...FEATURES,
  ]);
  return readFile(output);
}

/** Runs a JavaScript tool with the runtime that runs this. */
async function runScript(script: string, args: readonly string[]): Promise<void> {
  await run(process.execPath, [script, ...args]);
}
