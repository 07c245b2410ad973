// Programs that measure in their own process, once on each runtime.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Lab } from "../lab.ts";
import type { BenchOptions } from "../options.ts";
import type { Runtime } from "../sluice.ts";
import { RUNTIMES } from "../sluice.ts";
import { PACKAGES } from "../tools.ts";

/** Runs a script on the runtime that measures, in the checkout's root. Gives what it prints. */
export type RunScript = (path: string, ...args: string[]) => Promise<string>;

export interface InProcess {
  /** What the progress lines call it. */
  readonly title: string;
  /** Its arguments are the guests' folder, the rounds, and the seconds of a turn; it prints {@link Measured.times}. */
  readonly program: string;
  /** Seconds of a turn, by those of a run under load. */
  readonly turn: number;
  /** Called once; gives the folder. */
  buildGuests(lab: Lab, script: RunScript): Promise<string>;
}

export interface Measured {
  readonly runtime: Runtime;
  /** µs by round. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  /** Why there are none. */
  readonly reason: string | undefined;
}

export async function measureInProcess(
  { title, program, turn, buildGuests }: InProcess,
  lab: Lab,
  { rounds, seconds, selection }: BenchOptions,
  progress: (line: string) => void,
): Promise<Measured[]> {
  const results: Measured[] = [];
  let folder: string | undefined;
  for (const runtime of RUNTIMES.filter((name) => selection.wantsPeer(`sluice-${name}`))) {
    progress(`${title} on ${runtime}`);
    try {
      const script = scriptsOf(lab, runtime);
      folder ??= await buildGuests(lab, script);
      const printed = await script(program, folder, String(rounds), String(seconds * turn));
      // What the program prints.
      const times = JSON.parse(printed) as Measured["times"];
      results.push({ runtime, times, reason: undefined });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      results.push({ runtime, times: {}, reason });
    }
  }
  return results;
}

function scriptsOf(lab: Lab, runtime: Runtime): RunScript {
  const program = lab.tools[runtime];
  if (program === undefined) throw new Error(`needs ${PACKAGES[runtime]}`);
  return async (path, ...args) => {
    const options = { cwd: lab.root };
    return (await run(program, ["--conditions=sluice-source", path, ...args], options)).stdout;
  };
}

const run = promisify(execFile);
