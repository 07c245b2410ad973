// The custom sections that tell the gateway of a module: what it is, and where its script comes from.
import type { Manifest } from "../abi.ts";
import { MANIFEST_SECTION, SOURCE_MAP_SECTION } from "../abi.ts";
import type { SourceMapJson } from "../source-map/compact.ts";
import {
  SectionId,
  WasmReader,
  customSection,
  readSections,
  writeSections,
} from "./wasm-binary.ts";
import type { Section } from "./wasm-binary.ts";

/** Adds the manifest to a module of any language, or replaces it; throws a RangeError when the bytes are no module. */
export function withManifest(wasm: Uint8Array, manifest: Manifest): Uint8Array<ArrayBuffer> {
  return withSection(wasm, MANIFEST_SECTION, manifest);
}

/** Adds the source map with which the gateway shows the author's lines. */
export function withSourceMap(wasm: Uint8Array, map: SourceMapJson): Uint8Array<ArrayBuffer> {
  return withSection(wasm, SOURCE_MAP_SECTION, map);
}

function withSection(wasm: Uint8Array, name: string, content: object): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(content));
  const others = readSections(wasm).filter((section) => customName(section) !== name);
  return writeSections([...others, customSection(name, json)]);
}

function customName({ id, body }: Section): string | undefined {
  return id === SectionId.custom ? new WasmReader(body).name() : undefined;
}
