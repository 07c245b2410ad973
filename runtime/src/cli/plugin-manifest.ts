// sluice plugin manifest: for modules that another compiler than the SDK's has made.
import { readFile, writeFile } from "node:fs/promises";
import { withManifest } from "@sluice/plugin-sdk/compiler";
import { CodeCache } from "../plugins/wasm/code-cache.ts";
import { readManifest } from "../plugins/wasm/manifest.ts";
import { loadModule } from "../plugins/wasm/module.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginManifestCommand: Command = {
  name: "plugin manifest",
  usage: "sluice plugin manifest [options] FILE.wasm MANIFEST.json",
  summary: "Puts a manifest into a .wasm that was compiled from another language than TypeScript.",
  options: {
    out: { value: "FILE", help: "the .wasm to write; FILE.wasm itself by default", short: "o" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, manifestFile, ...rest] = options.positionals;
    if (file === undefined || manifestFile === undefined || rest.length > 0) {
      throw new UsageError("plugin manifest: expected one FILE.wasm and one MANIFEST.json");
    }
    const manifest = readManifest(await readFile(manifestFile, "utf8"));
    const wasm = withManifest(await readFile(file), manifest);
    // What the gateway would refuse is refused here already.
    await loadModule(manifest.name, wasm, new CodeCache());
    const outFile = options.text("out") ?? file;
    await writeFile(outFile, wasm);
    process.stdout.write(`${outFile}: ${manifest.name} ${manifest.version}\n`);
    return 0;
  },
};
