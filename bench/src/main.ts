// npm run bench: Sluice and its peers measured in one run. README.md beside this package says how and why.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bodyCases } from "./cases/bodies.ts";
import { measureFailover } from "./cases/failover.ts";
import { getCase } from "./cases/get.ts";
import { measureIdle } from "./cases/idle.ts";
import { measureMetering } from "./cases/metering.ts";
import { measurePluginCalls } from "./cases/plugin-call.ts";
import { eachPolicyCases, policiesCase } from "./cases/policies.ts";
import { targetsCase } from "./cases/targets.ts";
import { measureLatency } from "./cases/latency.ts";
import { routesCase } from "./cases/routes.ts";
import { SHARED_CORES_NOTE, standsApart, workersCase } from "./cases/workers.ts";
import { measureCosts } from "./costs.ts";
import { GOALS, judge } from "./goals.ts";
import type { Lab } from "./lab.ts";
import { openLab } from "./lab.ts";
import type { BenchOptions } from "./options.ts";
import { parseOptions, USAGE } from "./options.ts";
import { packageVersions, programVersions } from "./peer-versions.ts";
import { allowedCpus } from "./proc.ts";
import { profileSluice } from "./profile.ts";
import type { BenchResults } from "./report.ts";
import { formatResults } from "./report.ts";
import type { CaseResult, RowOutcome } from "./row-table.ts";
import { cpuByRow } from "./row-table.ts";
import { measureCase } from "./rows.ts";
import { findTools, PACKAGES } from "./tools.ts";
import { goalValues } from "./values.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** Above this load average the machine has other work than ours. */
const QUIET_LOAD = 0.5;

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
      return inLab((lab) => compare(lab, parsed.options));
    case "profile":
      return inLab((lab) => profileSluice(lab, parsed.options, progress));
  }
}

async function inLab(work: (lab: Lab) => Promise<number>): Promise<number> {
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
  const lab = await openLab({ root, tools, cpus: allowedCpus() });
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

async function compare(lab: Lab, options: BenchOptions): Promise<number> {
  const startedAt = new Date().toISOString();
  const notes = neighbourNotes();
  const { wantsCase } = options.selection;
  const cases: CaseResult[] = [];
  for (const loadCase of [
    getCase,
    ...bodyCases,
    workersCase,
    routesCase,
    policiesCase,
    ...eachPolicyCases,
    targetsCase,
  ]) {
    if (!wantsCase(loadCase.id)) continue;
    const result = await measureCase(lab, loadCase, options, progress);
    if (result.rows.length > 0) cases.push(result);
  }
  const latency = wantsCase("latency") ? await measureLatency(lab, options, progress) : [];
  const idle = wantsCase("idle") ? await measureIdle(lab, options, progress) : [];
  const pluginCalls = wantsCase("plugin-call")
    ? await measurePluginCalls(lab, options, progress)
    : [];
  const metering = wantsCase("metering") ? await measureMetering(lab, options, progress) : [];
  const failover = wantsCase("failover") ? await measureFailover(lab, options, progress) : [];
  const { runtimes, missing } = await measureCosts(lab, options, progress);
  const isLoadApart = standsApart(lab);
  const values = goalValues({ cases, isLoadApart, latency, idle, pluginCalls, metering, runtimes });
  const results: BenchResults = {
    startedAt,
    machine: describeMachine(lab),
    rounds: options.rounds,
    seconds: options.seconds,
    cases,
    latency,
    idle,
    pluginCalls,
    metering,
    failover,
    runtimes,
    goals: judge(GOALS, cpuByRow(cases), values),
    notes: wantsCase("workers") && !isLoadApart ? [...notes, SHARED_CORES_NOTE] : notes,
    missing: [
      ...missingPins(lab.proxyPin),
      ...cases.flatMap(({ title, rows }) => missingRows(title, rows)),
      ...missingRows("Latency", latency),
      ...missingRows("Idle connections", idle),
      ...pluginCalls.flatMap(({ runtime, reason }) =>
        reason === undefined ? [] : [`Call of a plugin, ${runtime}: ${reason}`],
      ),
      ...metering.flatMap(({ runtime, reason }) =>
        reason === undefined ? [] : [`Fuel checks, ${runtime}: ${reason}`],
      ),
      ...missingRows("One of three targets killed", failover),
      ...missing,
    ],
  };
  process.stdout.write(`${formatResults(results)}\n\n`);
  process.stdout.write(`Results: ${writeResults(results, options.jsonFile)}\n`);
  return results.missing.length === 0 ? 0 : 1;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function neighbourNotes(): string[] {
  const [load = 0] = loadavg();
  if (load <= QUIET_LOAD) return [];
  const found = load.toFixed(1);
  return [`load average ${found} before the run: if that was other work, measure again without it`];
}

function describeMachine({ tools, cpus: usable }: Lab): Record<string, string> {
  return {
    cpu: `${cpus()[0]?.model ?? "unknown"}, ${usable.length} usable`,
    kernel: release(),
    programs: programVersions(tools),
    packages: packageVersions(root),
  };
}

interface OutcomeOf {
  readonly title: string;
  readonly outcome: RowOutcome;
}

function missingRows(where: string, rows: readonly OutcomeOf[]): string[] {
  return rows.flatMap(({ title, outcome }) => {
    return outcome.kind === "measured" ? [] : [`${where}, ${title}: ${outcome.reason}`];
  });
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
