#!/usr/bin/env -S node --conditions=sluice-source
// The command `sluice`, as npm installs it.
import "./compile-cache.js";

// Imported only now, so that it is found compiled.
const { sluice } = await import("../src/cli/sluice.ts");
await sluice(process.argv.slice(2));
