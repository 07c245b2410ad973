// sluice plugin build
import { basename, extname } from "node:path";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginBuildCommand: Command = {
  name: "plugin build",
  usage: "sluice plugin build [options] FILE.ts",
  summary: "Type-checks, bundles and compiles a plugin to one .wasm file.",
  options: {
    out: { value: "FILE", help: "the .wasm to write; FILE.wasm here by default", short: "o" },
    "no-check": { help: "skips the type check" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [entry, ...rest] = options.positionals;
    if (entry === undefined || rest.length > 0) {
      throw new UsageError("plugin build: expected one FILE.ts");
    }
    const outFile = options.text("out") ?? `${basename(entry, extname(entry))}.wasm`;
    const { buildPlugin } = await import("@sluice/plugin-sdk/compiler");
    const result = await buildPlugin({ entry, outFile, check: !options.isSet("no-check") });
    if (result.kind === "failed") {
      process.stderr.write(`${result.diagnostics.join("\n")}\n`);
      return 1;
    }
    const { manifest, wasm, elapsedMs } = result;
    const kilobytes = Math.round(wasm.length / 1024);
    process.stdout.write(
      `${outFile}: ${manifest.name} ${manifest.version}, ${kilobytes} KB, ${Math.round(elapsedMs)} ms\n`,
    );
    return 0;
  },
};
