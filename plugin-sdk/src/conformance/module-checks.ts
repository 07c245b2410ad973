// What can be said of a module without running it.
import {
  CONFIGURE_EXPORT,
  HOST_FUNCTIONS,
  IMPORT_NAMESPACE,
  MANIFEST_SECTION,
  PHASES,
  PHASE_EXPORTS,
  RESUME_EXPORT,
  VERSION_EXPORT,
} from "../abi.ts";
import { customSections } from "../compiler/wasm-binary.ts";
import { readManifest } from "./manifest.ts";
import type { ModuleShape } from "./module-shape.ts";
import { Broken, Skipped } from "./outcome.ts";
import type { Check } from "./outcome.ts";

/** Pages that the gateway lets a memory grow to. */
const MAX_MEMORY_PAGES = 512;

/** Signatures of what a plugin exports; the first two must be there. */
const EXPORTS: ReadonlyMap<string, string> = new Map([
  [VERSION_EXPORT, ":i"],
  [CONFIGURE_EXPORT, "i:i"],
  [RESUME_EXPORT, "ii:i"],
  ["_initialize", ":v"],
  ...PHASES.map((phase): [string, string] => [PHASE_EXPORTS[phase], signatureOf(phase)]),
]);

function signatureOf(phase: string): string {
  return phase === "request_body" || phase === "body_filter" ? "iiii:i" : "ii:i";
}

export function moduleChecks(wasm: Uint8Array, shape: ModuleShape): Check[] {
  return [
    {
      name: "imports: only functions of the ABI, with its signatures",
      run: () => {
        for (const name of shape.otherImports) throw new Broken(`${name} is no function`);
        for (const { name, signature } of shape.imports) checkImport(name, signature);
      },
    },
    {
      name: "exports: version, configure and a phase, with the ABI's signatures",
      run: () => checkExports(shape),
    },
    {
      name: "memory: one, exported, neither shared nor of 64 bits",
      run: () => checkMemory(wasm, shape),
    },
    {
      name: "start: no start section",
      run: () => {
        if (shape.hasStart) throw new Broken("has one; export _initialize instead");
      },
    },
    {
      name: "manifest: well-formed, and its phases are exported",
      run: () => checkManifest(wasm, shape),
    },
  ];
}

function checkImport(name: string, signature: string): void {
  const prefix = `${IMPORT_NAMESPACE}.`;
  const known = Object.entries<string>(HOST_FUNCTIONS).find(([of]) => name === prefix + of);
  if (known === undefined) throw new Broken(`${name} is not one of the ABI's`);
  if (known[1] !== signature) {
    throw new Broken(`${name} has the signature ${signature}, expected ${known[1]}`);
  }
}

function checkExports({ exports }: ModuleShape): void {
  for (const [name, expected] of EXPORTS) {
    const signature = exports.find((each) => each.name === name)?.signature;
    const isRequired = name === VERSION_EXPORT || name === CONFIGURE_EXPORT;
    if (signature === undefined && isRequired) throw new Broken(`no function ${name}`);
    if (signature !== undefined && signature !== expected) {
      throw new Broken(`${name} has the signature ${signature}, expected ${expected}`);
    }
  }
  const phases = Object.values(PHASE_EXPORTS);
  if (exports.some(({ name }) => phases.includes(name))) return;
  throw new Broken(`no phase, expected one of ${phases.join(", ")}`);
}

function checkMemory(wasm: Uint8Array, { memory }: ModuleShape): void {
  if (memory === undefined) throw new Broken("has no memory of its own, or several");
  if (memory.isShared) throw new Broken("is shared");
  if (memory.is64Bit) throw new Broken("has 64-bit addresses");
  if (memory.minPages > MAX_MEMORY_PAGES) {
    throw new Broken(`starts with ${memory.minPages} pages, expected at most ${MAX_MEMORY_PAGES}`);
  }
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(new Uint8Array(wasm)));
  if (exported.some(({ name, kind }) => name === "memory" && kind === "memory")) return;
  throw new Broken("is not exported as memory");
}

function checkManifest(wasm: Uint8Array, { exports }: ModuleShape): void {
  const found = customSections(wasm, MANIFEST_SECTION);
  if (found.length === 0)
    throw new Skipped("none: the file's name is the plugin's, any config is taken");
  if (found.length > 1) throw new Broken(`${found.length} sections, expected one`);
  const manifest = readManifest(found[0] ?? new Uint8Array(0));
  const missing = manifest.phases.find(
    (phase) => !exports.some(({ name }) => name === PHASE_EXPORTS[phase]),
  );
  if (missing !== undefined) throw new Broken(`phase ${missing}: no ${PHASE_EXPORTS[missing]}`);
}
