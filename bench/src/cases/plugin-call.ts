// One call of a plugin, without sockets: through the gateway's own host, and through Extism's plugin.call with JSON.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import type { BenchOptions } from "../options.ts";
import { measureInProcess } from "./in-process.ts";
import type { InProcess, Measured, RunScript } from "./in-process.ts";
import type { Spread } from "../statistics.ts";
import { pairedRatio, spread, withRange } from "../statistics.ts";
import type { Column } from "../table.ts";
import { formatTable } from "../table.ts";

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

/** The time of one thing by that of what it is compared with, round by round. */
export function callRatio({ times }: Measured, id: CallId): Spread | undefined {
  const { base } = ROWS[id];
  const of = times[id];
  const to = base === undefined ? undefined : times[base];
  if (of === undefined || to === undefined) return undefined;
  return pairedRatio(new Map(of.entries()), new Map(to.entries()));
}

export function measurePluginCalls(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<Measured[]> {
  return measureInProcess(PLUGIN_CALLS, lab, options, progress);
}

/** Seven things have a turn in each round. */
const PLUGIN_CALLS: InProcess = {
  title: "plugin-call",
  program: "bench/src/plugin-call/program.ts",
  turn: 0.25,
  buildGuests,
};

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
async function buildGuests(lab: Lab, script: RunScript): Promise<string> {
  const folder = join(lab.runDir, "plugin-call");
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, `${name}.wasm`);
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

export function formatPluginCalls(calls: Measured): string {
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
