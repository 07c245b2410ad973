// Finds the command that the arguments name, and runs it.
import { detailOf } from "../errors.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";
import { describeOptions, parseOptions } from "./options.ts";

/** As typed. Each is loaded when it is asked for: building a plugin needs nothing of a gateway. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).startCommand,
  check: async () => (await import("./check.ts")).checkCommand,
  "plugin new": async () => (await import("./plugin-new.ts")).pluginNewCommand,
  "plugin build": async () => (await import("./plugin-build.ts")).pluginBuildCommand,
  "plugin test": async () => (await import("./plugin-test.ts")).pluginTestCommand,
  "plugin inspect": async () => (await import("./plugin-inspect.ts")).pluginInspectCommand,
  "plugin manifest": async () => (await import("./plugin-manifest.ts")).pluginManifestCommand,
  "plugin keygen": async () => (await import("./plugin-keygen.ts")).pluginKeygenCommand,
  "plugin sign": async () => (await import("./plugin-sign.ts")).pluginSignCommand,
  "plugin verify": async () => (await import("./plugin-verify.ts")).pluginVerifyCommand,
  conformance: async () => (await import("./conformance.ts")).conformanceCommand,
};

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return `Usage: sluice COMMAND [options]\n\n${rows.join("\n")}\n\nsluice COMMAND --help shows its options.`;
}

function helpFor(command: Command): string {
  return (
    `Usage: ${command.usage}\n\n${command.summary}\n\n${describeOptions(command.options)}\n\n` +
    "Options with a value are also read from the environment: --proxy-listen is SLUICE_PROXY_LISTEN."
  );
}

async function find(
  args: readonly string[],
): Promise<{ command: Command; rest: readonly string[] } | undefined> {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const words = name.split(" ");
    if (words.every((word, at) => args[at] === word)) {
      return { command: await load(), rest: args.slice(words.length) };
    }
  }
  return undefined;
}

async function run(args: readonly string[]): Promise<number | undefined> {
  const found = await find(args);
  if (found === undefined) {
    if (args.length === 0 || args[0] === "--help" || args[0] === "-h" || args[0] === "help") {
      process.stdout.write(`${await overview()}\n`);
      return args.length === 0 ? 2 : 0;
    }
    const names = Object.keys(COMMANDS).join(", ");
    throw new UsageError(`unknown command ${JSON.stringify(args.join(" "))}, expected ${names}`);
  }
  const options = parseOptions(found.command.options, found.rest, process.env);
  if (options.isSet("help")) {
    process.stdout.write(`${helpFor(found.command)}\n`);
    return 0;
  }
  return found.command.run(options);
}

/** Runs a command line and exits, unless the command goes on. */
export async function sluice(args: readonly string[]): Promise<void> {
  try {
    const exitCode = await run(args);
    if (exitCode !== undefined) process.exit(exitCode);
  } catch (error) {
    const reasons = refusalReasons(error);
    if (reasons !== undefined) {
      process.stderr.write(`${reasons.join("\n")}\n`);
      process.exit(1);
    }
    const message = detailOf(error);
    process.stderr.write(`sluice: ${message}\n`);
    process.exit(error instanceof UsageError ? error.exitCode : 1);
  }
}

/** Those of a ConfigRefused, whose class comes with the gateway. */
function refusalReasons(error: unknown): readonly unknown[] | undefined {
  if (!(error instanceof Error) || !("reasons" in error)) return undefined;
  return Array.isArray(error.reasons) ? error.reasons : undefined;
}
