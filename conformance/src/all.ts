// `npm test`: everything, on both runtimes, ended by one line `N passed, N failed`.
import { glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { readKnownGaps, tallyWith } from "./run/expected.ts";
import { installMissing, missingFromCheckout } from "./run/machine.ts";
import { run, runSuite } from "./run/step.ts";
import { exitCode, failed, NOTHING, sum } from "./run/tally.ts";
import type { Tally } from "./run/tally.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");
const SOURCES = "--conditions=sluice-source";
/** For one runner, and for one file or case in it. */
const LIMIT_MS = 8 * 60_000;
const CASE_LIMIT_MS = 2 * 60_000;

const REPORTS = await mkdtemp(join(tmpdir(), "sluice-reports-"));
const tally = await runAll();
await rm(REPORTS, { recursive: true, force: true });
summarize(tally);
process.exitCode = exitCode(tally);

async function runAll(): Promise<Tally> {
  const missing = missingFromCheckout(ROOT);
  if (missing !== undefined) return failed("the checkout", missing);
  // Without them the cases that need them are skipped, each with its reason.
  installMissing({
    clang: "clang",
    "wasm-ld": "lld",
    "redis-server": "redis-server",
    etcd: "etcd-server",
    protoc: "protobuf-compiler",
  });
  const units = await testFiles(
    "{runtime,plugin-sdk,plugins,bench}/**/*.test.ts",
    "conformance/src/run/*.test.ts",
  );
  const cases = await testFiles("conformance/src/{cases,faults}/*.test.ts");
  return sum([
    await check(),
    await nodeTests("Unit tests on Node", units, "node"),
    await bunTests("Unit tests on Bun", units),
    await nodeTests("Conformance of a gateway on Bun", cases, "bun"),
    await nodeTests("Conformance of a gateway on Node", cases, "node"),
    await readme(),
  ]);
}

async function testFiles(...patterns: string[]): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: ROOT, exclude: ["**/node_modules", "**/dist"] })) {
    files.push(join(ROOT, file));
  }
  return files.sort();
}

async function check(): Promise<Tally> {
  const tools = [
    { title: "Lint", program: join(BIN, "oxlint"), args: [] },
    { title: "Format", program: join(BIN, "oxfmt"), args: ["--check"] },
    { title: "Types", program: join(BIN, "tsc"), args: [] },
    { title: "Types of the plugins", program: join(BIN, "tsc"), args: ["-p", "plugins"] },
  ];
  const tallies: Tally[] = [];
  for (const tool of tools) {
    const { code } = await run({ ...tool, cwd: ROOT, limitMs: LIMIT_MS });
    tallies.push(code === 0 ? { ...NOTHING, passed: 1 } : failed(tool.title, `ended with ${code}`));
  }
  return sum(tallies);
}

async function nodeTests(
  title: string,
  files: readonly string[],
  runtime: "bun" | "node",
): Promise<Tally> {
  const report = join(REPORTS, `${title.replaceAll(" ", "-")}.xml`);
  const results = await runSuite({
    title,
    program: join(BIN, "node"),
    args: [
      SOURCES,
      `--require=${join(ROOT, "conformance/blocking-output.cjs")}`,
      "--test",
      // Two files at a time, of which each waits for its gateway most of the time.
      "--test-concurrency=2",
      `--test-timeout=${CASE_LIMIT_MS}`,
      "--test-force-exit",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
      ...files,
    ],
    cwd: ROOT,
    env: { CONFORMANCE_RUNTIME: runtime },
    limitMs: LIMIT_MS,
    report,
    files,
  });
  const isConformance = title.startsWith("Conformance");
  const gaps = isConformance ? await readKnownGaps(gapsPath(runtime)) : [];
  return tallyWith(results, gaps);
}

function gapsPath(runtime: string): string {
  return join(ROOT, `conformance/expected/${runtime}.json`);
}

async function bunTests(title: string, files: readonly string[]): Promise<Tally> {
  const report = join(REPORTS, "bun.xml");
  const results = await runSuite({
    title,
    program: join(BIN, "bun"),
    args: [
      SOURCES,
      "test",
      `--timeout=${CASE_LIMIT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...files,
    ],
    cwd: ROOT,
    limitMs: LIMIT_MS,
    report,
    files,
  });
  return tallyWith(results, []);
}

async function readme(): Promise<Tally> {
  const command = installMissing({ curl: "curl" });
  if (command !== undefined) {
    return { ...NOTHING, skipped: [`README's commands: curl is missing. Run: ${command}`] };
  }
  return nodeTests("README's commands", await testFiles("conformance/src/readme/*.test.ts"), "bun");
}

function summarize({ passed, failures, skipped }: Tally): void {
  if (skipped.length > 0) console.log(`\n== Not run, or known to fail: ${skipped.length}\n`);
  for (const line of skipped) console.log(`- ${line}`);
  if (failures.length > 0) console.log(`\n== Failed: ${failures.length}\n`);
  for (const { name, message } of failures) {
    console.log(`- ${name}: ${message.split("\n", 1)[0] ?? ""}`);
  }
  console.log(`\n${passed} passed, ${failures.length} failed`);
}
