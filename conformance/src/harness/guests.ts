// Policies in TypeScript, built by `sluice plugin build` on the runtime under test, as their author would.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sluice } from "./runtime.ts";

const built = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** The .wasm of `conformance/src/guests/NAME.ts`, built once in this process. */
export function buildGuest(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const known = built.get(name);
  if (known !== undefined) return known;
  const building = build(name);
  built.set(name, building);
  return building;
}

async function build(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-guest-"));
  try {
    const output = join(folder, `${name}.wasm`);
    const source = join(import.meta.dirname, "../guests", `${name}.ts`);
    const { code, stdout, stderr } = await sluice(["plugin", "build", source, "-o", output]);
    assert.equal(code, 0, `building ${name}:\n${stdout}${stderr}`);
    return Uint8Array.from(await readFile(output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
