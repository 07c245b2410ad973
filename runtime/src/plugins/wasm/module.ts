// Checks a .wasm before any of it runs: a module that could not work is refused when it is loaded, by name and reason.
import { detailOf } from "../../errors.ts";
import { createHash } from "node:crypto";
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  HOST_FUNCTIONS,
  IMPORT_NAMESPACE,
  MANIFEST_SECTION,
  PHASES,
  PHASE_EXPORTS,
  VERSION_EXPORT,
} from "@sluice/plugin-sdk/abi";
import type { JsonSchema, Manifest, Phase } from "@sluice/plugin-sdk/abi";
import type { CodeCache } from "./code-cache.ts";
import { limitMemory } from "./limit-memory.ts";
import { readManifest } from "./manifest.ts";
import { customSection } from "./sections.ts";
import { separateData } from "./separate-data.ts";
import type { MemoryImage } from "./separate-data.ts";

/** Bytes of a .wasm file. */
const MAX_MODULE_BYTES = 16 * 1024 * 1024;
/** Pages of 64 KiB that a guest's memory may grow to. */
const MAX_MEMORY_PAGES = 512;

/** Why a .wasm is not taken; the message is one line for an operator. */
export class PluginRefused extends Error {
  constructor(name: string, reason: string, cause?: unknown) {
    super(`plugin ${name}: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = "PluginRefused";
  }
}

/** The plugin works, but not with the config of one of its entries. */
export class EntryRefused extends Error {
  /** Index among the plugin's entries. */
  readonly entry: number;

  constructor(name: string, entry: number, reason: string) {
    super(`plugin ${name}: ${reason}`);
    this.name = "EntryRefused";
    this.entry = entry;
  }
}

/** A module that has passed the checks, compiled. */
export interface PluginModule {
  readonly name: string;
  readonly version: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly configSchema: JsonSchema;
  /** Of the file, hex. */
  readonly sha256: string;
  readonly module: WebAssembly.Module;
  /** What an instance's memory starts with; undefined when the module brings its own data. */
  readonly image: MemoryImage | undefined;
}

/** Compiles and checks. `name` is the plugin's name, from its file. Throws {@link PluginRefused}. */
export async function loadModule(
  name: string,
  bytes: Uint8Array,
  cache: CodeCache,
): Promise<PluginModule> {
  if (bytes.length > MAX_MODULE_BYTES) {
    throw new PluginRefused(name, `${bytes.length} bytes, expected at most ${MAX_MODULE_BYTES}`);
  }
  const { module, image } = await compile(name, bytes, cache);
  const exports = new Map(
    WebAssembly.Module.exports(module).map(({ name: of, kind }) => [of, kind]),
  );
  checkImports(name, module);
  checkExports(name, exports);
  const manifest = manifestOf(name, bytes);
  const exported = PHASES.filter((phase) => exports.get(PHASE_EXPORTS[phase]) === "function");
  const phases = manifest?.phases ?? exported;
  const missing = phases.find((phase) => !exported.includes(phase));
  if (missing !== undefined) {
    throw new PluginRefused(name, `no export ${PHASE_EXPORTS[missing]} for its phase ${missing}`);
  }
  return {
    name,
    version: manifest?.version ?? "0.0.0",
    priority: manifest?.priority ?? 0,
    phases: new Set(phases),
    configSchema: manifest?.config ?? {},
    sha256: createHash("sha256").update(bytes).digest("hex"),
    module,
    image,
  };
}

async function compile(
  name: string,
  bytes: Uint8Array,
  cache: CodeCache,
): Promise<Pick<PluginModule, "module" | "image">> {
  try {
    const limited = limitMemory(bytes, MAX_MEMORY_PAGES);
    const separated = separateData(limited);
    const module = await cache.compile(separated?.code ?? [limited]);
    return { module, image: separated?.image };
  } catch (cause) {
    const detail = detailOf(cause);
    throw new PluginRefused(name, `not a WebAssembly module: ${detail}`, cause);
  }
}

function checkImports(name: string, module: WebAssembly.Module): void {
  for (const imported of WebAssembly.Module.imports(module)) {
    const isKnown =
      imported.module === IMPORT_NAMESPACE &&
      imported.kind === "function" &&
      Object.hasOwn(HOST_FUNCTIONS, imported.name);
    if (!isKnown) {
      throw new PluginRefused(
        name,
        `imports ${imported.module}.${imported.name}, expected only the functions of ${IMPORT_NAMESPACE}`,
      );
    }
  }
}

function checkExports(name: string, exports: ReadonlyMap<string, string>): void {
  for (const required of [VERSION_EXPORT, CONFIGURE_EXPORT]) {
    if (exports.get(required) !== "function") {
      throw new PluginRefused(
        name,
        `no function ${required} is exported: not a plugin of ABI ${ABI_VERSION}`,
      );
    }
  }
  if (exports.get("memory") !== "memory") throw new PluginRefused(name, "exports no memory");
  if (!PHASES.some((phase) => exports.get(PHASE_EXPORTS[phase]) === "function")) {
    throw new PluginRefused(
      name,
      `exports no phase, expected one of ${Object.values(PHASE_EXPORTS).join(", ")}`,
    );
  }
}

/** The manifest in the file, without compiling it; undefined when it has none. Throws {@link PluginRefused}. */
export function manifestOf(name: string, bytes: Uint8Array): Manifest | undefined {
  try {
    const section = customSection(bytes, MANIFEST_SECTION);
    if (section === undefined) return undefined;
    return readManifest(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch (cause) {
    const detail = detailOf(cause);
    throw new PluginRefused(name, `cannot be read as a plugin: ${detail}`, cause);
  }
}
