// Finds the command that the arguments name, and runs it.
import { detailOf } from "../errors.ts";
import { ConfigRefused } from "../assemble.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";
import { describeOptions, parseOptions } from "./options.ts";
import { pluginBuildCommand } from "./plugin-build.ts";
import { startCommand } from "./start.ts";

const COMMANDS: readonly Command[] = [startCommand, checkCommand, pluginBuildCommand];

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length)) + 2;
  const rows = COMMANDS.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  return `Usage: sluice COMMAND [options]\n\n${rows.join("\n")}\n\nsluice COMMAND --help shows its options.`;
}

function helpFor(command: Command): string {
  return (
    `Usage: ${command.usage}\n\n${command.summary}\n\n${describeOptions(command.options)}\n\n` +
    "Options with a value are also read from the environment: --proxy-listen is SLUICE_PROXY_LISTEN."
  );
}

function find(args: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    if (words.every((word, at) => args[at] === word)) {
      return { command, rest: args.slice(words.length) };
    }
  }
  return undefined;
}

async function run(args: readonly string[]): Promise<number | undefined> {
  const found = find(args);
  if (found === undefined) {
    if (args.length === 0 || args[0] === "--help" || args[0] === "-h" || args[0] === "help") {
      process.stdout.write(`${overview()}\n`);
      return args.length === 0 ? 2 : 0;
    }
    const names = COMMANDS.map((command) => command.name).join(", ");
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
    if (error instanceof ConfigRefused) {
      process.stderr.write(`${error.reasons.join("\n")}\n`);
      process.exit(1);
    }
    const message = detailOf(error);
    process.stderr.write(`sluice: ${message}\n`);
    process.exit(error instanceof UsageError ? error.exitCode : 1);
  }
}
