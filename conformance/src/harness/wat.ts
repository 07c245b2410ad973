// Guests written in WebAssembly text, for modules that the SDK would never build.
import binaryen from "binaryen";

/** Assembles a module. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  try {
    return Uint8Array.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** The same module with one more custom section at its end. */
export function withSection(
  module: Uint8Array,
  name: string,
  content: string,
): Uint8Array<ArrayBuffer> {
  const nameBytes = Buffer.from(name, "utf8");
  const payload = Buffer.concat([
    leb128(nameBytes.length),
    nameBytes,
    Buffer.from(content, "utf8"),
  ]);
  return Uint8Array.from(
    Buffer.concat([module, Buffer.from([0]), leb128(payload.length), payload]),
  );
}

export interface GuestParts {
  readonly name: string;
  /** Everything in the module apart from memory and `sluice_abi_version`. */
  readonly body?: string;
  readonly abiVersion?: number;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly imports?: string;
}

/** A guest with a manifest for one `access` phase, which `body` must export unless it is meant to be wrong. */
export function guest({
  name,
  body = CONTINUE,
  abiVersion = 1,
  manifest = {},
  imports = "",
}: GuestParts): Uint8Array<ArrayBuffer> {
  const module = assemble(`(module
    ${imports}
    (memory (export "memory") 1)
    (func (export "sluice_abi_version") (result i32) (i32.const ${abiVersion}))
    ${body}
  )`);
  return withSection(
    module,
    "sluice",
    JSON.stringify({
      abi: abiVersion,
      name,
      version: "1.0.0",
      priority: 10,
      phases: ["access"],
      config: { type: "object", properties: {}, additionalProperties: false },
      ...manifest,
    }),
  );
}

/** `sluice_configure` and `sluice_access` that do nothing. */
export const CONTINUE: string = `
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32) (i32.const 0))`;

/** As {@link CONTINUE}, with the instructions of `sluice_access` given. */
export function access(instructions: string): string {
  return `
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32) ${instructions})`;
}

/** Modules and names of what a module imports. */
export function importsOf(module: Uint8Array<ArrayBuffer>): string[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(module)).map(
    (entry) => `${entry.module}/${entry.name}`,
  );
}

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest > 0);
  return Buffer.from(bytes);
}
