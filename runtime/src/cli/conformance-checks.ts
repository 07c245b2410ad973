// The process that `sluice conformance` starts: checks a .wasm, and says how each check went.
//   node conformance-checks.ts FILE.wasm CONFIG.json   (the second may be empty)
import { readFile } from "node:fs/promises";
import { checkPlugin } from "@sluice/plugin-sdk/conformance";
import type { Outcome } from "@sluice/plugin-sdk/conformance";

const [file = "", configFile = ""] = process.argv.slice(2);
const wasm = await readFile(file);
const config: unknown =
  configFile === "" ? undefined : JSON.parse(await readFile(configFile, "utf8"));

const WORDS: Readonly<Record<Outcome["kind"], string>> = {
  passed: "ok   ",
  failed: "FAIL ",
  skipped: "skip ",
};

const counts = { passed: 0, failed: 0, skipped: 0 };
for await (const { name, kind, reason } of checkPlugin(wasm, { config })) {
  counts[kind]++;
  process.stdout.write(`${WORDS[kind]} ${name}${reason === undefined ? "" : `: ${reason}`}\n`);
}
const { passed, failed, skipped } = counts;
process.stdout.write(`${file}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
