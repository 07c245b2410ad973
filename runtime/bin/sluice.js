#!/usr/bin/env -S node --conditions=sluice-source
// The command `sluice`, as npm installs it. It is JavaScript, so that a start with everything compiled before needs no
// stripper of types, which Node would load for a first file in TypeScript and keep.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Beside the sources, since whoever can write there can change those as well.
enableCompileCache(fileURLToPath(new URL("../.cache", import.meta.url)));
const { sluice } = await import("../src/cli/sluice.ts");
await sluice(process.argv.slice(2));
