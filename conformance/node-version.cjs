// Loaded with --require before all.ts: a Node that cannot run TypeScript fails there with no word on why.
"use strict";
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `The tests need Node 24 or newer, and this is ${process.version}. ` +
      "Run `npm ci && npm test`: npm ci installs a newer Node that npm test then uses.",
  );
  process.exit(1);
}
