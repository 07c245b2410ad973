// Reads flags and their environment variables: --proxy-listen is also SLUICE_PROXY_LISTEN; the flag wins.
import { parseArgs } from "node:util";
import type { Address } from "../platform/socket.ts";
import { UsageError } from "./fault.ts";

export interface OptionSpec {
  /** Undefined for a switch. */
  readonly value?: string;
  readonly help: string;
  readonly fallback?: string;
  readonly short?: string;
  /** May be given several times; the environment variable has commas between the values. */
  readonly isRepeatable?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface ParsedOptions {
  readonly positionals: readonly string[];
  /** The flag, else the environment variable, else the fallback. */
  text(name: string): string | undefined;
  /** All values of a repeatable one; none when it is not given. */
  texts(name: string): readonly string[];
  isSet(name: string): boolean;
}

/** Throws UsageError for an unknown or incomplete flag. */
export function parseOptions(
  specs: OptionSpecs,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value, short, isRepeatable = false }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: isRepeatable,
        ...(short && { short }),
      },
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    );
  }
  return {
    positionals: parsed.positionals,
    text: (name) => {
      const flag = parsed.values[name];
      if (typeof flag === "string") return flag;
      return environment[variableName(name)] ?? specs[name]?.fallback;
    },
    texts: (name) => {
      const flags = parsed.values[name];
      if (Array.isArray(flags)) return flags.map(String);
      return (environment[variableName(name)] ?? "").split(",").filter((text) => text !== "");
    },
    isSet: (name) => parsed.values[name] === true,
  };
}

/** `--proxy-listen` as `SLUICE_PROXY_LISTEN`. */
export function variableName(option: string): string {
  return `SLUICE_${option.toUpperCase().replaceAll("-", "_")}`;
}

/** `127.0.0.1:8000`, `[::1]:8000`. Throws UsageError. */
export function parseAddress(option: string, text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw new UsageError(
      `--${option} ${JSON.stringify(text)}: expected HOST:PORT, like 127.0.0.1:8000`,
    );
  }
  return { host, port };
}

/** Timers of both runtimes fire at once when they are set for longer. */
const MAX_MILLISECONDS = 2_147_483_647;

/** Throws UsageError. */
export function parseMilliseconds(option: string, text: string, min = 1): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!Number.isInteger(value) || value < min || value > MAX_MILLISECONDS) {
    throw new UsageError(
      `--${option} ${JSON.stringify(text)}: expected a whole number of ms, ${min} to ${MAX_MILLISECONDS}`,
    );
  }
  return value;
}

/** The flags of a command, a line each. */
export function describeOptions(specs: OptionSpecs): string {
  const rows = Object.entries(specs).map(([name, spec]) => {
    const short = spec.short === undefined ? "" : `-${spec.short}, `;
    const value = spec.value === undefined ? "" : ` ${spec.value}`;
    const fallback = spec.fallback === undefined ? "" : ` (${spec.fallback})`;
    return { flag: `  ${short}--${name}${value}`, help: `${spec.help}${fallback}` };
  });
  const width = Math.max(...rows.map((row) => row.flag.length)) + 2;
  return rows.map((row) => row.flag.padEnd(width) + row.help).join("\n");
}
