// One call of a plugin, without sockets: through the gateway's own host, and through Extism's plugin.call with JSON.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
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

/** What is called, and by what its time is divided. */
const ROWS = {
  typescript: { title: "TypeScript, our host", base: "extism-quickjs-small" },
  assemblyscript: { title: "AssemblyScript, our host", base: "extism-quickjs-small" },
  "extism-quickjs-small": { title: "JSON of one header, Extism, QuickJS", base: undefined },
  "extism-quickjs": { title: "JSON of 8 headers, Extism, QuickJS", base: undefined },
  "extism-native": { title: "JSON of 8 headers, Extism, no JavaScript", base: undefined },
  "chunk-typescript": { title: "chunk of 64 KiB, TypeScript", base: "chunk-extism-quickjs" },
  "chunk-extism-quickjs": { title: "JSON of 64 KiB, Extism, QuickJS", base: undefined },
} as const;

export type CallId = keyof typeof ROWS;

/** µs by round. */
type Times = Readonly<Partial<Record<CallId, readonly number[]>>>;

export interface PluginCalls {
  readonly runtime: Runtime;
  readonly times: Times;
  /** Why there are none. */
  readonly reason: string | undefined;
}

/** The time of one thing by that of what it is compared with, round by round. */
export function callRatio({ times }: PluginCalls, id: CallId): Spread | undefined {
  const { base } = ROWS[id];
  const of = times[id];
  const to = base === undefined ? undefined : times[base];
  if (of === undefined || to === undefined) return undefined;
  return pairedRatio(new Map(of.entries()), new Map(to.entries()));
}

/** A turn is a quarter of a run under load: seven things have one in each round. */
const TURN = 0.25;

export async function measurePluginCalls(
  lab: Lab,
  { rounds, seconds, selection }: BenchOptions,
  progress: (line: string) => void,
): Promise<PluginCalls[]> {
  const results: PluginCalls[] = [];
  let folder: string | undefined;
  for (const runtime of RUNTIMES.filter((name) => selection.wantsPeer(`sluice-${name}`))) {
    progress(`plugin-call on ${runtime}`);
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
const MEASURING_PROGRAM = "bench/src/plugin-call/program.ts";
const PEERS = "bench/peers/plugin-call";
const AS = "plugin-sdk/assemblyscript";

/** Named one by one: `--enable-all` writes encodings that engines refuse. */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
  "simd",
].map((feature) => `--enable-${feature}`);

/** Gives the folder. */
async function buildGuests(lab: Lab, program: string): Promise<string> {
  const folder = join(lab.runDir, "plugin-call");
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, `${name}.wasm`);
  const script = (path: string, ...args: string[]): Promise<unknown> =>
    run(program, [SOURCES, path, ...args], { cwd: lab.root });
  const build = (source: string, name: string): Promise<unknown> =>
    script("runtime/bin/sluice.js", "plugin", "build", `${PEERS}/${source}`, "-o", at(name));
  const asc = (source: string, name: string, ...options: string[]): Promise<unknown> => {
    const path = `${AS}/example/${source}`;
    return script("node_modules/assemblyscript/bin/asc.js", path, ...options, "-o", at(name));
  };
  await build("read-and-set.ts", "read-and-set");
  await build("through-json.ts", "through-json-store");
  await asc("read-and-set.ts", "read-and-set-as", "--config", `${AS}/asconfig.json`);
  const plain = ["--exportStart", "_initialize", "--use", "abort=", "-O3"];
  await asc("extism-read-and-set.ts", "extism-native", ...plain);
  const binaryen = "node_modules/binaryen/bin";
  await script(`${binaryen}/wasm-as`, `${PEERS}/extism-io.wat`, "-o", at("io"), ...FEATURES);
  await script(
    `${binaryen}/wasm-merge`,
    at("through-json-store"),
    "main",
    at("io"),
    "extism:host/user",
    "--skip-export-conflicts",
    "-o",
    at("through-json"),
    ...FEATURES,
  );
  return folder;
}

const COLUMNS: readonly Column[] = [
  { title: "Call of a plugin", align: "left" },
  { title: "µs", align: "right" },
  { title: "against Extism", align: "right" },
];

export function formatPluginCalls(calls: PluginCalls): string {
  const ids = Object.keys(ROWS) as CallId[]; // Its own keys.
  const rows = ids.map((id) => {
    const times = calls.times[id];
    const ratio = callRatio(calls, id);
    return [
      `${ROWS[id].title}, ${calls.runtime}`,
      times === undefined ? "absent" : withRange(spread(times), 1),
      ratio === undefined ? "" : withRange(ratio, 3),
    ];
  });
  return formatTable(COLUMNS, rows);
}
