// What a .wasm is and asks for, read without running it.
import { createHash } from "node:crypto";
import {
  ABI_VERSION,
  CONFIGURE_EXPORT,
  HOST_FUNCTIONS,
  IMPORT_NAMESPACE,
  MANIFEST_SECTION,
  PHASE_EXPORTS,
  PHASES,
  SOURCE_MAP_SECTION,
  VERSION_EXPORT,
} from "../abi.ts";
import type { Manifest } from "../abi.ts";
import { customSections, readSections, SectionId, WasmReader } from "./wasm-binary.ts";

/** What Extism's own plugins import. */
const EXTISM_NAMESPACE = "extism:host/env";

const PAGE_BYTES = 65_536;

export interface Inspection {
  /** `plugin`: of this ABI; `extism`: takes and gives JSON (EXTISM.md); `module`: neither; `broken`: no WASM. */
  readonly kind: "plugin" | "extism" | "module" | "broken";
  /** Why the gateway would not take it; empty when it would. */
  readonly faults: readonly string[];
  readonly size: number;
  readonly sha256: string;
  readonly manifest: Manifest | undefined;
  /** Bytes; undefined when the module has no memory of its own. */
  readonly memory: { readonly initial: number; readonly max: number | undefined } | undefined;
  readonly exports: readonly string[];
  /** With the namespace where it is not the ABI's. */
  readonly imports: readonly string[];
  readonly hasSourceMap: boolean;
}

/** Never throws: what is wrong stands in `faults`. */
export function inspectPlugin(wasm: Uint8Array<ArrayBuffer>): Inspection {
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  const file = { size: wasm.length, sha256 };
  try {
    return { ...file, ...inspectModule(wasm, new WebAssembly.Module(wasm)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...file,
      kind: "broken",
      faults: [`is no WebAssembly module: ${reason}`],
      manifest: undefined,
      memory: undefined,
      exports: [],
      imports: [],
      hasSourceMap: false,
    };
  }
}

function inspectModule(
  wasm: Uint8Array,
  module: WebAssembly.Module,
): Omit<Inspection, "size" | "sha256"> {
  const imports = WebAssembly.Module.imports(module);
  const exports = WebAssembly.Module.exports(module);
  const names = exports.map(({ name }) => name);
  const isPlugin = names.includes(VERSION_EXPORT) || names.includes(CONFIGURE_EXPORT);
  const isExtism = !isPlugin && imports.some((each) => each.module === EXTISM_NAMESPACE);
  const faults: string[] = [];
  const manifest = isPlugin || isExtism ? readManifest(wasm, faults) : undefined;
  if (isPlugin) faults.push(...importFaults(imports), ...exportFaults(exports, manifest));
  else if (isExtism) faults.push(...extismFaults(imports, names));
  else faults.push(`is no plugin: it exports no ${VERSION_EXPORT}`);
  const sections = readSections(wasm);
  if (sections.some(({ id }) => id === START_SECTION)) faults.push("has a start function");
  return {
    kind: isPlugin ? "plugin" : isExtism ? "extism" : "module",
    faults,
    manifest,
    memory: memoryOf(sections.find(({ id }) => id === SectionId.memory)?.body),
    exports: names,
    imports: imports.map(({ module: of, name }) =>
      of === IMPORT_NAMESPACE ? name : `${of}.${name}`,
    ),
    hasSourceMap: customSections(wasm, SOURCE_MAP_SECTION).length > 0,
  };
}

const START_SECTION = 8;

/** See EXTISM.md. */
function extismFaults(
  imports: readonly WebAssembly.ModuleImportDescriptor[],
  exports: readonly string[],
): string[] {
  const faults = imports
    .filter(({ module, name }) => module !== EXTISM_NAMESPACE || name.startsWith("http_"))
    .map(({ module, name }) => `imports ${module}.${name}, which Extism plugins do not have here`);
  const hasPhase = EXTISM_PHASES.some((phase) => exports.includes(phase));
  return hasPhase ? faults : [...faults, `exports none of ${EXTISM_PHASES.join(", ")}`];
}

const EXTISM_PHASES = ["access", "header_filter", "log"];

function readManifest(wasm: Uint8Array, faults: string[]): Manifest | undefined {
  const [section] = customSections(wasm, MANIFEST_SECTION);
  if (section === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(new TextDecoder().decode(section));
    if (isManifest(manifest)) {
      if (manifest.abi !== ABI_VERSION) {
        faults.push(`speaks ABI ${manifest.abi}, this gateway speaks ${ABI_VERSION}`);
      }
      return manifest;
    }
    faults.push("its manifest lacks a name, a version, phases or a config schema");
  } catch {
    faults.push("its manifest is no JSON");
  }
  return undefined;
}

/** As far as the text of an inspection needs it. */
function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const manifest: { readonly [key in keyof Manifest]?: unknown } = value;
  return (
    typeof manifest.abi === "number" &&
    typeof manifest.name === "string" &&
    typeof manifest.version === "string" &&
    typeof manifest.priority === "number" &&
    Array.isArray(manifest.phases) &&
    typeof manifest.config === "object"
  );
}

function importFaults(imports: readonly WebAssembly.ModuleImportDescriptor[]): string[] {
  return imports
    .filter(
      ({ module, name, kind }) =>
        module !== IMPORT_NAMESPACE || kind !== "function" || !Object.hasOwn(HOST_FUNCTIONS, name),
    )
    .map(({ module, name }) => `imports ${module}.${name}, which is no function of the ABI`);
}

function exportFaults(
  exports: readonly WebAssembly.ModuleExportDescriptor[],
  manifest: Manifest | undefined,
): string[] {
  const functions = new Set(
    exports.filter(({ kind }) => kind === "function").map(({ name }) => name),
  );
  const phases = manifest?.phases ?? [];
  const required = [VERSION_EXPORT, CONFIGURE_EXPORT, ...phases.map((of) => PHASE_EXPORTS[of])];
  const faults = required
    .filter((name) => !functions.has(name))
    .map((name) => `exports no function ${name}`);
  if (!exports.some(({ name, kind }) => name === "memory" && kind === "memory")) {
    faults.push("exports no memory");
  }
  if (!PHASES.some((phase) => functions.has(PHASE_EXPORTS[phase]))) faults.push("has no phase");
  return faults;
}

function memoryOf(body: Uint8Array | undefined): Inspection["memory"] {
  if (body === undefined) return undefined;
  const reader = new WasmReader(body);
  if (reader.u32() === 0) return undefined;
  const hasMax = (reader.byte() & 1) === 1;
  const initial = reader.u32() * PAGE_BYTES;
  return { initial, max: hasMax ? reader.u32() * PAGE_BYTES : undefined };
}
