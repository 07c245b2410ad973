// The engine: QuickJS and the glue in one module, built once for a version of both and kept in the cache.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentKey, sourceFiles } from "./content-key.ts";
import { cacheDir, packageDir, packageVersion, SOURCE_DIR } from "./places.ts";
import { writeFileAtomically } from "./write-file.ts";

/** AssemblyScript sources of the glue. */
export const GLUE_DIR: string = join(SOURCE_DIR, "engine");

/** What of the compiler changes the engine. */
const BUILDERS = ["engine-build.ts", "stack-guard.ts", "wasm-binary.ts", "wasm-rewrite.ts"];

/** Changes with everything that the engine is made of. */
export async function engineKey(): Promise<string> {
  const [glue, quickjs, ...builders] = await Promise.all([
    sourceFiles(GLUE_DIR),
    readFile(join(packageDir("quickjs-wasi"), "quickjs.wasm")),
    ...BUILDERS.map((name) => readFile(join(SOURCE_DIR, "compiler", name))),
  ]);
  const tools = ["assemblyscript", "binaryen"].map((name) => `${name}@${packageVersion(name)}`);
  return contentKey([
    ...glue,
    ["quickjs.wasm", quickjs],
    ...builders.map((content, i): [string, Uint8Array] => [BUILDERS[i] ?? "", content]),
    ["tools", tools.join(" ")],
  ]);
}

/** Engines on their way, by path: plugins that are built at the same time share one. */
const loading = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** The engine's module from the cache, or built and put there. */
export async function loadEngine(): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(cacheDir(), `engine-${await engineKey()}.wasm`);
  const started = loading.get(path) ?? loadOrBuild(path);
  loading.set(path, started);
  return started;
}

async function loadOrBuild(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const cached = await readFile(path).catch(() => undefined);
  if (cached !== undefined) return new Uint8Array(cached);
  const { buildEngine } = await import("./engine-build.ts");
  const engine = await buildEngine();
  // A cache that cannot be written only costs time.
  await writeFileAtomically(path, engine).catch(() => undefined);
  return engine;
}
