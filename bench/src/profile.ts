// npm run bench -- --profile: the functions in which Sluice spends its time under the small GET's load.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CpuProfile, ProfileView } from "./cpu-profile.ts";
import { functionShares } from "./cpu-profile.ts";
import type { Lab } from "./lab.ts";
import { coreEach, smallGet } from "./load-case.ts";
import type { BenchOptions } from "./options.ts";
import { sluice } from "./peer-list.ts";
import { bringUp } from "./proxies.ts";
import { runWrk } from "./rounds.ts";
import type { Runtime } from "./sluice.ts";
import { RUNTIMES } from "./sluice.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";
import { findFaults } from "./verify.ts";

const TOP = 10;
/** At a sample a millisecond, a function with 1 % of the time then has a hundred. */
const MIN_SECONDS = 10;

/** Prints a table for each selected runtime; returns the exit code. Profiles stay in bench/results. */
export async function profileSluice(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<number> {
  let exitCode = 0;
  const seconds = Math.max(MIN_SECONDS, options.seconds);
  for (const runtime of RUNTIMES.filter((name) => options.selection.wantsPeer(`sluice-${name}`))) {
    progress(`Sluice on ${runtime}: ${seconds} s`);
    try {
      const path = await profileOnce(lab, runtime, { ...options, seconds });
      process.stdout.write(
        `${tableOf(path, runtime, { root: lab.root, lastSeconds: seconds })}\n\nProfile: ${path}\n\n`,
      );
    } catch (error) {
      // The other runtime is still profiled.
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`bench: no profile of Sluice on ${runtime}: ${reason}\n`);
      exitCode = 1;
    }
  }
  return exitCode;
}

/** Returns the path of the .cpuprofile. */
async function profileOnce(lab: Lab, runtime: Runtime, options: BenchOptions): Promise<string> {
  const time = new Date().toISOString().replaceAll(":", "-");
  const directory = join(lab.root, "bench/results", `profile-${runtime}-${time}`);
  mkdirSync(directory, { recursive: true });
  const spec = sluice(runtime, { runtimeFlags: ["--cpu-prof", `--cpu-prof-dir=${directory}`] });
  const placement = coreEach(lab);
  const outcome = await bringUp(lab, spec, {
    prefix: placement.proxyPin,
    verify: findFaults,
  });
  if (outcome.kind === "absent") throw new Error(outcome.reason);
  const { proxy } = outcome;
  const load = smallGet(lab);
  await runWrk(lab, proxy, { placement, load, seconds: options.warmUpSeconds * 3 });
  await runWrk(lab, proxy, { placement, load, seconds: options.seconds });
  // Both runtimes write the profile when the program ends by itself, as it does after SIGTERM.
  await lab.children.stop(proxy.child);
  const file = readdirSync(directory).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) throw new Error(`it wrote no profile: ${proxy.child.lastOutput()}`);
  return join(directory, file);
}

function tableOf(path: string, runtime: Runtime, view: ProfileView): string {
  // The runtimes wrote it; what they name differently from V8 would show as an empty table.
  const profile = JSON.parse(readFileSync(path, "utf8")) as CpuProfile;
  const columns: readonly Column[] = [
    { title: `Sluice on ${runtime}`, align: "left" },
    { title: "own time", align: "right" },
    { title: "where", align: "left" },
  ];
  const rows = functionShares(profile, view)
    .slice(0, TOP)
    .map(({ name, place, selfShare }) => [name, `${(selfShare * 100).toFixed(1)} %`, place]);
  return formatTable(columns, rows);
}
