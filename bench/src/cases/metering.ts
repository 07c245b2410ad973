// What the fuel checks cost that the gateway puts into every guest: the same guests with them and without, in one process.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import type { BenchOptions } from "../options.ts";
import { measureInProcess } from "./in-process.ts";
import type { InProcess, Measured, RunScript } from "./in-process.ts";
import type { Spread } from "../statistics.ts";
import { pairedRatio, spread, withRange } from "../statistics.ts";
import type { Column } from "../table.ts";
import { formatTable } from "../table.ts";

const ROWS = {
  "empty-loop": "an empty loop, a million turns",
  assemblyscript: "a policy in AssemblyScript",
  "quickjs-key-auth": "key-auth in QuickJS",
  "quickjs-compute": "computing in QuickJS",
} as const;

export type MeteredId = keyof typeof ROWS;

/** The time with checks, `ID-metered`, by the time without, `ID`, round by round. */
export function meteringRatio({ times }: Measured, id: MeteredId): Spread | undefined {
  const plain = times[id];
  const metered = times[`${id}-metered`];
  if (plain === undefined || metered === undefined) return undefined;
  return pairedRatio(new Map(metered.entries()), new Map(plain.entries()));
}

export function measureMetering(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<Measured[]> {
  return measureInProcess(METERING, lab, options, progress);
}

/** Each guest has two turns in each round, and the quickest batch counts. */
const METERING: InProcess = {
  title: "metering",
  program: "bench/src/metering/program.ts",
  turn: 0.1,
  buildGuests,
};

const PEERS = "bench/peers/metering";
const AS = "plugin-sdk/assemblyscript";

/** Gives the folder. */
async function buildGuests(lab: Lab, script: RunScript): Promise<string> {
  const folder = join(lab.runDir, "metering");
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, `${name}.wasm`);
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

export function formatMetering(cost: Measured): string {
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
