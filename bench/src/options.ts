// The command line of the bench.
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly rounds: number;
  /** Length of each measured wrk run. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Further plugins that the memory of one is measured with, and how often. */
  readonly extraPlugins: number;
  readonly memoryRepeats: number;
  /** Only rows whose id contains one of these; empty means all. */
  readonly only: readonly string[];
  readonly jsonFile: string | undefined;
}

export const USAGE = `Usage: npm run bench -- [options]

  --rounds N      rounds of turns, default 5
  --seconds S     length of each measured run, default 5
  --quick         2 rounds of 2 seconds: to see that everything works, not for numbers
  --only A,B      only rows whose id contains A or B
                  (sluice-bun, sluice-bun-policies, sluice-node, sluice-node-policies,
                  nginx, nginx-lua, haproxy, start, instance); =ID for exactly that id
  --json FILE     where the results go, default bench/results/TIME.json
  --help
`;

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: BenchOptions }
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
        only: { type: "string", default: "" },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    const quick = values.quick;
    const options = {
      rounds: wholeNumber("--rounds", values.rounds, quick ? 2 : 5),
      // CPU time comes in ticks of 10 ms: 5 s of a busy core are exact to 0.2 %.
      seconds: wholeNumber("--seconds", values.seconds, quick ? 2 : 5),
      warmUpSeconds: quick ? 1 : 2,
      extraPlugins: quick ? 16 : 32,
      memoryRepeats: quick ? 1 : 3,
      only: values.only.split(",").filter((id) => id !== ""),
      jsonFile: values.json,
    };
    return { kind: "run", options };
  } catch (error) {
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether `--only` selects the row with this id. */
export function isSelected(id: string, only: readonly string[]): boolean {
  if (only.length === 0) return true;
  return only.some((part) => (part.startsWith("=") ? id === part.slice(1) : id.includes(part)));
}

function wholeNumber(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3600) {
    throw new Error(`${flag} must be a whole number from 1 to 3600, not "${text}"`);
  }
  return value;
}
