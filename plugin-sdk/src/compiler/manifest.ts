// The custom section in which a module says what it is.
import type { Manifest } from "../abi.ts";
import { MANIFEST_SECTION } from "../abi.ts";
import { customSection, readSections, writeSections } from "./wasm-binary.ts";

/** Adds the manifest to a module of any language; throws a RangeError when the bytes are no module. */
export function withManifest(wasm: Uint8Array, manifest: Manifest): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(manifest));
  return writeSections([...readSections(wasm), customSection(MANIFEST_SECTION, json)]);
}
