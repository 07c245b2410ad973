// The command line of the bench.
import { parseArgs } from "node:util";
import type { Selection } from "./selection.ts";
import { CASE_IDS, parseSelection, PEER_IDS } from "./selection.ts";

export interface BenchOptions {
  readonly rounds: number;
  /** Length of each measured run under load. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Further plugins that the memory of one is measured with. */
  readonly extraPlugins: number;
  readonly startRepeats: number;
  /** How often memory is measured; each time is an average over many connections or plugins already. */
  readonly memoryRepeats: number;
  readonly selection: Selection;
  readonly jsonFile: string | undefined;
}

export const USAGE: string = `Usage: npm run bench -- [options]

  --rounds N      rounds of turns, default 5
  --seconds S     length of each measured run, default 2
  --quick         1 round of 1 second: to see that everything works, not for numbers
  --only A,B      only some cases and some peers: A and B are parts of ids, or =ID
${listed("cases", CASE_IDS)}
${listed("peers", PEER_IDS)}
  --profile       no comparison: the functions in which Sluice spends its time, small GET
  --json FILE     where the results go, default bench/results/TIME.json
  --help
`;

export type ParsedOptions =
  | { readonly kind: "run" | "profile"; readonly options: BenchOptions }
  | { readonly kind: "help" }
  | { readonly kind: "invalid"; readonly message: string };

export function parseOptions(args: readonly string[]): ParsedOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string" },
        seconds: { type: "string" },
        quick: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    const quick = values.quick;
    const options = {
      rounds: wholeNumber("--rounds", values.rounds, quick ? 1 : 5),
      // CPU time comes in ticks of 10 ms: 2 s of a busy core are exact to 0.5 %.
      seconds: wholeNumber("--seconds", values.seconds, quick ? 1 : 2),
      warmUpSeconds: 1,
      extraPlugins: quick ? 16 : 32,
      startRepeats: quick ? 1 : 3,
      memoryRepeats: 1,
      selection: parseSelection(values.only.split(",").filter((term) => term !== "")),
      jsonFile: values.json,
    };
    return { kind: values.profile ? "profile" : "run", options };
  } catch (error) {
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
}

function wholeNumber(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3600) {
    throw new Error(`${flag} must be a whole number from 1 to 3600, not "${text}"`);
  }
  return value;
}

/** Ids in lines of four, below the text of an option. */
function listed(kind: string, ids: readonly string[]): string {
  const lines = Array.from({ length: Math.ceil(ids.length / 4) }, (_, line) => {
    return ids.slice(line * 4, line * 4 + 4).join(", ");
  });
  const indent = " ".repeat(18);
  return `${indent}${kind}: ${lines.join(`,\n${indent}       `)}`;
}
