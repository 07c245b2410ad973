// npm run bench: Sluice and its peers measured in one run. README.md beside this package says how and why.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { goalValues, measureCosts } from "./costs.ts";
import { GOALS, judge } from "./goals.ts";
import { openLab } from "./lab.ts";
import type { BenchOptions } from "./options.ts";
import { parseOptions, USAGE } from "./options.ts";
import { allowedCpus } from "./proc.ts";
import type { BenchResults, MeasuredRow } from "./report.ts";
import { cpuByRow, formatResults, summarize } from "./report.ts";
import { measureRows } from "./rows.ts";
import type { Tools } from "./tools.ts";
import { findTools, PACKAGES, versionOf } from "./tools.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

process.exitCode = await main(process.argv.slice(2));

/** 0: all selected rows have numbers; 1: some are missing; 2: wrong usage or nothing can be measured. */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args);
  switch (parsed.kind) {
    case "help":
      process.stdout.write(USAGE);
      return 0;
    case "invalid":
      process.stderr.write(`bench: ${parsed.message}\n`);
      return 2;
    case "run":
      return run(parsed.options);
  }
}

async function run(options: BenchOptions): Promise<number> {
  if (process.platform !== "linux") {
    process.stderr.write("bench: CPU time comes from /proc, so it runs on Linux only\n");
    return 2;
  }
  const tools = findTools(root);
  if (tools.nginx === undefined) {
    const needed = `${PACKAGES.nginx}, the upstream of every row; all rows are absent`;
    process.stderr.write(`bench: nginx is missing: ${needed}\n`);
    return 2;
  }
  const startedAt = new Date().toISOString();
  const allowed = allowedCpus();
  const lab = await openLab({ root, tools, cpus: allowed });
  try {
    const rows = await measureRows(lab, options, progress);
    const costs = await measureCosts(lab, options, progress);
    const results: BenchResults = {
      startedAt,
      machine: describeMachine(tools, allowed),
      rounds: options.rounds,
      seconds: options.seconds,
      rows: summarize(rows),
      runtimes: costs.runtimes,
      goals: judge(GOALS, cpuByRow(rows), goalValues(costs.runtimes)),
      missing: [...missingPins(lab.proxyPin), ...rows.flatMap(missingRow), ...costs.missing],
    };
    process.stdout.write(`${formatResults(results)}\n\n`);
    process.stdout.write(`Results: ${writeResults(results, options.jsonFile)}\n`);
    return results.missing.length === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function describeMachine(tools: Tools, allowed: readonly number[]): Record<string, string> {
  const flags = { nginx: "-v", haproxy: "-v", wrk: "-v", bun: "--version", node: "--version" };
  const programs = Object.entries(flags).map(([name, flag]) => {
    // The keys of flags are names of tools.
    const path = tools[name as keyof typeof flags];
    return `${name} ${path === undefined ? "missing" : versionOf(path, flag)}`;
  });
  return {
    cpu: `${cpus()[0]?.model ?? "unknown"}, ${allowed.length} usable`,
    kernel: release(),
    programs: programs.join("; "),
  };
}

function missingRow({ title, outcome }: MeasuredRow): string[] {
  return outcome.kind === "measured" ? [] : [`${title}: ${outcome.reason}`];
}

function missingPins(proxyPin: readonly string[]): string[] {
  if (proxyPin.length > 0) return [];
  return [`pinning to cores: needs two CPUs and taskset (${PACKAGES.taskset}); rows are noisier`];
}

function writeResults(results: BenchResults, jsonFile: string | undefined): string {
  const name = `${results.startedAt.replaceAll(":", "-")}.json`;
  const path = jsonFile === undefined ? join(root, "bench/results", name) : resolve(jsonFile);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
