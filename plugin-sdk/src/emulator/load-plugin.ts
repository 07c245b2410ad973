// Finds the .wasm of a plugin for a test: a file, its bytes, or a plugin.ts that is built.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MANIFEST_SECTION, SOURCE_MAP_SECTION } from "../abi.ts";
import type { Manifest } from "../abi.ts";
import { buildPlugin } from "../compiler/index.ts";
import type { SourceMapJson } from "../source-map/compact.ts";
import { StackTraces } from "../source-map/stack-trace.ts";
import { builtBefore } from "./built-plugins.ts";

/** `plugin.ts`, `plugin.wasm`, or the bytes of a .wasm. A relative path starts at the working directory. */
export type PluginSource = string | URL | Uint8Array<ArrayBuffer>;

export interface LoadedPlugin {
  readonly module: WebAssembly.Module;
  readonly manifest: Manifest;
  readonly traces: StackTraces;
}

/** By path: a file's tests all run the same build. */
const loaded = new Map<string, Promise<LoadedPlugin>>();

/** Throws an Error with one line for each fault when it cannot be built, or when it is no plugin. */
export function loadPlugin(source: PluginSource): Promise<LoadedPlugin> {
  if (source instanceof Uint8Array) return load(source, undefined);
  const path = resolve(source instanceof URL ? fileURLToPath(source) : source);
  const known = loaded.get(path) ?? loadFile(path);
  loaded.set(path, known);
  return known;
}

async function loadFile(path: string): Promise<LoadedPlugin> {
  if (path.endsWith(".wasm")) return load(Uint8Array.from(await readFile(path)), undefined);
  const built = builtBefore(path);
  if (built !== undefined) return load(Uint8Array.from(await readFile(built)), dirname(path));
  const result = await buildPlugin({ entry: path, check: false });
  if (result.kind === "failed") throw new Error(result.diagnostics.join("\n"));
  return load(result.wasm, dirname(path));
}

/** `sourceDir`: where the paths of the source map start. */
async function load(
  wasm: Uint8Array<ArrayBuffer>,
  sourceDir: string | undefined,
): Promise<LoadedPlugin> {
  const module = await WebAssembly.compile(wasm);
  const manifest = section(module, MANIFEST_SECTION);
  if (manifest === undefined)
    throw new Error("the .wasm has no manifest: it is no plugin of the ABI");
  return {
    module,
    // What the compiler wrote; of another language, what its author stands for.
    manifest: JSON.parse(new TextDecoder().decode(manifest)) as Manifest,
    traces: new StackTraces(sourceMap(module, sourceDir)),
  };
}

/** With absolute paths, which a terminal makes links of. */
function sourceMap(
  module: WebAssembly.Module,
  sourceDir: string | undefined,
): Uint8Array | undefined {
  const bytes = section(module, SOURCE_MAP_SECTION);
  if (bytes === undefined || sourceDir === undefined) return bytes;
  const map = JSON.parse(new TextDecoder().decode(bytes)) as SourceMapJson;
  const sources = map.sources.map((path) => resolve(sourceDir, path));
  return new TextEncoder().encode(JSON.stringify({ ...map, sources }));
}

function section(module: WebAssembly.Module, name: string): Uint8Array | undefined {
  const [content] = WebAssembly.Module.customSections(module, name);
  return content === undefined ? undefined : new Uint8Array(content);
}
