// What the fuel checks cost that the gateway puts into every guest: the same guests with them and without, in one process.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Lab } from "../lab.ts";
import type { BenchOptions } from "../options.ts";
import type { Runtime } from "../sluice.ts";
import { RUNTIMES } from "../sluice.ts";
import type { Spread } from "../statistics.ts";
import { pairedRatio, spread, withRange } from "../statistics.ts";
import type { Column } from "../table.ts";
import { formatTable } from "../table.ts";
import { PACKAGES } from "../tools.ts";

const run = promisify(execFile);

const ROWS = {
  "empty-loop": "an empty loop, a million turns",
  assemblyscript: "a policy in AssemblyScript",
  "quickjs-key-auth": "key-auth in QuickJS",
  "quickjs-compute": "computing in QuickJS",
} as const;

export type MeteredId = keyof typeof ROWS;

/** µs by round; each id, and the id with `-metered` behind it. */
type Times = Readonly<Record<string, readonly number[]>>;

export interface MeteringCost {
  readonly runtime: Runtime;
  readonly times: Times;
  /** Why there are none. */
  readonly reason: string | undefined;
}

/** The time with checks by the time without, round by round. */
export function meteringRatio({ times }: MeteringCost, id: MeteredId): Spread | undefined {
  const plain = times[id];
  const metered = times[`${id}-metered`];
  if (plain === undefined || metered === undefined) return undefined;
  return pairedRatio(new Map(metered.entries()), new Map(plain.entries()));
}

/** A turn is a tenth of a run under load: each guest has two in each round, and the quickest batch counts. */
const TURN = 0.1;

export async function measureMetering(
  lab: Lab,
  { rounds, seconds, selection }: BenchOptions,
  progress: (line: string) => void,
): Promise<MeteringCost[]> {
  const results: MeteringCost[] = [];
  let folder: string | undefined;
  for (const runtime of RUNTIMES.filter((name) => selection.wantsPeer(`sluice-${name}`))) {
    progress(`metering on ${runtime}`);
    try {
      const program = lab.tools[runtime];
      if (program === undefined) throw new Error(`needs ${PACKAGES[runtime]}`);
      folder ??= await buildGuests(lab, program);
      const { stdout } = await run(
        program,
        [SOURCES, MEASURING_PROGRAM, folder, String(rounds), String(seconds * TURN)],
        { cwd: lab.root },
      );
      // What the program prints.
      results.push({ runtime, times: JSON.parse(stdout) as Times, reason: undefined });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      results.push({ runtime, times: {}, reason });
    }
  }
  return results;
}

const SOURCES = "--conditions=sluice-source";
const MEASURING_PROGRAM = "bench/src/metering/program.ts";
const PEERS = "bench/peers/metering";
const AS = "plugin-sdk/assemblyscript";

/** Gives the folder. */
async function buildGuests(lab: Lab, program: string): Promise<string> {
  const folder = join(lab.runDir, "metering");
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, `${name}.wasm`);
  const script = (path: string, ...args: string[]): Promise<unknown> =>
    run(program, [SOURCES, path, ...args], { cwd: lab.root });
  await script(
    "runtime/bin/sluice.js",
    "plugin",
    "build",
    `${PEERS}/compute.ts`,
    "-o",
    at("compute"),
  );
  const asc = "node_modules/assemblyscript/bin/asc.js";
  const source = `${AS}/example/key-and-limit.ts`;
  await script(asc, source, "--config", `${AS}/asconfig.json`, "-o", at("key-and-limit"));
  const wasmAs = "node_modules/binaryen/bin/wasm-as";
  await script(wasmAs, `${PEERS}/empty-loop.wat`, "-o", at("empty-loop"));
  copyFileSync(join(lab.root, "plugins/dist/key-auth.wasm"), at("key-auth"));
  return folder;
}

const COLUMNS: readonly Column[] = [
  { title: "Fuel checks", align: "left" },
  { title: "µs without", align: "right" },
  { title: "µs with", align: "right" },
  { title: "ratio", align: "right" },
];

export function formatMetering(cost: MeteringCost): string {
  const ids = Object.keys(ROWS) as MeteredId[]; // Its own keys.
  const rows = ids.map((id) => {
    const ratio = meteringRatio(cost, id);
    return [
      `${ROWS[id]}, ${cost.runtime}`,
      micros(cost.times[id]),
      micros(cost.times[`${id}-metered`]),
      ratio === undefined ? "" : withRange(ratio, 3),
    ];
  });
  return formatTable(COLUMNS, rows);
}

function micros(times: readonly number[] | undefined): string {
  return times === undefined ? "absent" : spread(times).median.toFixed(1);
}
