// The hostile guests: small modules in WebAssembly text, each of which does one thing that no plugin should.
import { readFileSync, readdirSync } from "node:fs";

import { assemble } from "../harness/wat.ts";

/** Names of all texts in this folder. */
export const CORPUS: readonly string[] = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".wat"))
  .map((file) => file.slice(0, -".wat".length))
  .toSorted();

/** The module of NAME.wat. */
export function hostile(name: string): Uint8Array<ArrayBuffer> {
  return assemble(readFileSync(new URL(`${name}.wat`, import.meta.url), "utf8"));
}
