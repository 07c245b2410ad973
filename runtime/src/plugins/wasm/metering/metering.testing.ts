// Metered modules for tests: assembled from text, instantiated with a refill of the test's own.
import binaryen from "binaryen";
import { FUEL_EXPORT, meter } from "./meter.ts";

type Run = (...parameters: (number | bigint)[]) => number | bigint | undefined;

/** `(module (import "" "" (func (param i32) (result i32))) (export "" (func 0)))` */
const ADAPTER = Uint8Array.from(
  Buffer.from("0061736d0100000001060160017f017f02050100000000070401000000", "hex"),
);

/** Gives the units of the next refill; `left` is what the guest has. */
export type Refill = (left: number) => number;

export interface Instance {
  /** Calls an export. */
  readonly run: (name: string, ...parameters: (number | bigint)[]) => number | bigint | undefined;
}

export function meteredInstance(
  bytes: Uint8Array,
  refill: Refill,
  trustsInterpreter: boolean = false,
): Instance {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(meter(bytes, trustsInterpreter)),
    {},
  );
  const adapter = new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), { "": { "": refill } });
  (exports[FUEL_EXPORT] as WebAssembly.Table).set(0, adapter.exports[""]);
  return { run: (name, ...parameters) => (exports[name] as Run)(...parameters) };
}

export function plainInstance(bytes: Uint8Array<ArrayBuffer>): Instance {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  return { run: (name, ...parameters) => (exports[name] as Run)(...parameters) };
}

export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  // Data segments are counted only with BulkMemory; with GC, null references get types of it.
  module.setFeatures(binaryen.Features.All & ~binaryen.Features.GC);
  try {
    return Uint8Array.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** A module with one function `run`. */
export function running(code: string, parts = ""): Uint8Array<ArrayBuffer> {
  return assemble(`(module ${parts} (func (export "run") (param i32) (result i32) ${code}))`);
}
