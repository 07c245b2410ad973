#!/usr/bin/env -S node --conditions=sluice-source
// The command `sluice`.
import { keepCompiledCode } from "./compile-cache.ts";

keepCompiledCode();
// Imported only now, so that it is found compiled.
const { sluice } = await import("./cli/sluice.ts");
await sluice(process.argv.slice(2));
