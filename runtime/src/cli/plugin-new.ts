// sluice plugin new
import { join, relative } from "node:path";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginNewCommand: Command = {
  name: "plugin new",
  usage: "sluice plugin new [options] NAME",
  summary: "Starts a plugin: a folder with a policy, its config schema and its test.",
  options: {
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [name, ...rest] = options.positionals;
    if (name === undefined || rest.length > 0)
      throw new UsageError("plugin new: expected one NAME");
    const { newPlugin } = await import("@sluice/plugin-sdk/compiler");
    const made = await newPlugin(name, process.cwd());
    if (made.kind === "refused") {
      process.stderr.write(`sluice: ${made.reason}\n`);
      return 1;
    }
    const folder = relative(process.cwd(), made.folder) || ".";
    const lines = made.files.map((file) => join(folder, file));
    process.stdout.write(
      `${lines.join("\n")}\n\nNext:\n  sluice plugin test ${folder}\n  sluice plugin build ${folder} -o my-plugins --watch\n`,
    );
    return 0;
  },
};
