// Checks a .wasm before any of it runs: a module that could not work is refused when it is loaded, by name and reason.
import { detailOf } from "../../errors.ts";
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  HOST_FUNCTIONS,
  IMPORT_NAMESPACE,
  MANIFEST_SECTION,
  PHASES,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  SOURCE_MAP_SECTION,
  VERSION_EXPORT,
} from "@sluice/plugin-sdk/abi";
import type { JsonSchema, Manifest, MetricDefinition, Phase } from "@sluice/plugin-sdk/abi";
import { StackTraces } from "@sluice/plugin-sdk/stack-traces";
import { EXTISM_PHASE_EXPORTS, extismFault, isExtismModule } from "../extism/module-check.ts";
import { sha256Of } from "../supply/trusted-keys.ts";
import type { CodeCache } from "./code-cache.ts";
import { limitMemory } from "./limit-memory.ts";
import { readManifest } from "./manifest.ts";
import { customSection } from "./sections.ts";
import { separateData } from "./separate-data.ts";
import type { MemoryImage } from "./memory-image.ts";
import { abiSignature, isPhaseSignature, signaturesOf } from "./signatures.ts";

/** Bytes of a .wasm file. */
export const MAX_MODULE_BYTES: number = 16 * 1024 * 1024;
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
  /** A plain Extism plugin: each phase is a call with JSON in and out. */
  readonly isExtism: boolean;
  readonly version: string;
  readonly priority: number;
  readonly phases: ReadonlySet<Phase>;
  readonly configSchema: JsonSchema;
  /** What the manifest asks for. */
  readonly capabilities: readonly string[];
  /** That the plugin records. */
  readonly metrics: readonly MetricDefinition[];
  /** Of the file, hex. */
  readonly sha256: string;
  readonly module: WebAssembly.Module;
  /** Puts the author's lines into what the plugin says of its errors. */
  readonly traces: StackTraces;
  /** What an instance's memory starts with; undefined when the module brings its own data. */
  readonly image: MemoryImage | undefined;
}

export interface LoadOptions {
  /** What its memory may grow to, pages of 64 KiB. */
  readonly maxMemoryPages?: number | undefined;
  /** It comes with the gateway. */
  readonly isBundled?: boolean;
  /** Of the bytes, hex, where the caller has it already. */
  readonly sha256?: string;
}

/**
 * Compiles and checks. `name` is the plugin's name, from its file. Throws {@link PluginRefused}.
 */
export async function loadModule(
  name: string,
  bytes: Uint8Array,
  cache: CodeCache,
  options: LoadOptions = {},
): Promise<PluginModule> {
  if (bytes.length > MAX_MODULE_BYTES) {
    throw new PluginRefused(name, `${bytes.length} bytes, expected at most ${MAX_MODULE_BYTES}`);
  }
  const { sha256 = sha256Of(bytes) } = options;
  const { module, image } = await compile(name, bytes, sha256, cache, options);
  const exports = exportsOf(module);
  const isExtism = isExtismModule(exports);
  if (isExtism) checkExtismImports(name, module);
  else {
    checkImports(name, module);
    checkExports(name, exports);
    checkSignatures(name, bytes);
  }
  const manifest = manifestOf(name, bytes);
  const phaseExports = isExtism ? EXTISM_PHASE_EXPORTS : PHASE_EXPORTS;
  const exported = PHASES.filter((phase) => exports.get(phaseExports[phase] ?? "") === "function");
  const phases = manifest?.phases ?? exported;
  const missing = phases.find((phase) => !exported.includes(phase));
  if (missing !== undefined) {
    const wanted = phaseExports[missing] ?? "that could be called";
    throw new PluginRefused(name, `no export ${wanted} for its phase ${missing}`);
  }
  return {
    name,
    isExtism,
    version: manifest?.version ?? "0.0.0",
    priority: manifest?.priority ?? 0,
    phases: new Set(phases),
    configSchema: manifest?.config ?? {},
    capabilities: manifest?.capabilities ?? [],
    metrics: manifest?.metrics ?? [],
    sha256,
    module,
    traces: new StackTraces(sourceMapOf(bytes)),
    image,
  };
}

/** A copy, which a Buffer's `slice` is not: the section alone is kept, not the file that it is in. */
function sourceMapOf(bytes: Uint8Array): Uint8Array | undefined {
  const section = customSection(bytes, SOURCE_MAP_SECTION);
  return section && new Uint8Array(section);
}

async function compile(
  name: string,
  bytes: Uint8Array,
  sha256: string,
  cache: CodeCache,
  { maxMemoryPages = MAX_MEMORY_PAGES, isBundled = false }: LoadOptions,
): Promise<Pick<PluginModule, "module" | "image">> {
  try {
    const limited = limitMemory(bytes, maxMemoryPages);
    const separated = separateData(limited);
    const module = await cache.compile(separated?.code ?? [limited], isBundled);
    if (separated !== undefined && needsItsData(exportsOf(module))) {
      return { module: await cache.compile([limited], isBundled), image: undefined };
    }
    const image = separated && cache.image(sha256, separated.image);
    return { module, image };
  } catch (cause) {
    const detail = detailOf(cause);
    throw new PluginRefused(name, `not a WebAssembly module that can run here: ${detail}`, cause);
  }
}

function exportsOf(module: WebAssembly.Module): ReadonlyMap<string, string> {
  return new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
}

/** Extism calls these when it makes an instance, before an image could be put into its memory. */
const START_EXPORTS = ["_initialize", "_start", "hs_init"];

function needsItsData(exports: ReadonlyMap<string, string>): boolean {
  return isExtismModule(exports) || START_EXPORTS.some((name) => exports.has(name));
}

function checkExtismImports(name: string, module: WebAssembly.Module): void {
  const fault = extismFault(WebAssembly.Module.imports(module));
  if (fault !== undefined) throw new PluginRefused(name, fault);
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

const PHASE_LIKE_EXPORTS: readonly string[] = [
  VERSION_EXPORT,
  CONFIGURE_EXPORT,
  RESUME_EXPORT,
  ...Object.values(PHASE_EXPORTS),
];

/** JavaScript would convert what does not fit, or throw in the middle of a request. */
function checkSignatures(name: string, bytes: Uint8Array): void {
  const { imports, exports } = signaturesOf(bytes);
  for (const [host, notation] of Object.entries(HOST_FUNCTIONS)) {
    const imported = imports.get(`${IMPORT_NAMESPACE}.${host}`);
    const expected = abiSignature(notation);
    if (imported === undefined || imported === expected) continue;
    const what = `imports ${IMPORT_NAMESPACE}.${host} as ${imported}`;
    throw new PluginRefused(name, `${what}, expected ${expected}`);
  }
  for (const exported of PHASE_LIKE_EXPORTS) {
    const found = exports.get(exported);
    if (found === undefined || isPhaseSignature(found)) continue;
    const expected = "parameters of type i32 and one such result";
    throw new PluginRefused(name, `exports ${exported} as ${found}, expected ${expected}`);
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
