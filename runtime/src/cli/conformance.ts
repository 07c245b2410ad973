// sluice conformance
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseMilliseconds } from "./options.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const conformanceCommand: Command = {
  name: "conformance",
  usage: "sluice conformance [options] FILE.wasm",
  summary:
    "Checks a plugin of any language against the ABI. Exit code 0 when it passes, 1 when not.",
  options: {
    config: { value: "FILE", help: "JSON: the config to run it with; one that its schema allows" },
    "time-limit": { value: "MS", help: "for all checks together", fallback: "120000" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, ...rest] = options.positionals;
    if (file === undefined || rest.length > 0) {
      throw new UsageError("conformance: expected one FILE.wasm");
    }
    const configFile = options.text("config");
    for (const path of [file, ...(configFile === undefined ? [] : [configFile])]) {
      if (!existsSync(path)) throw new UsageError(`conformance: there is no file ${path}`, 1);
    }
    const limitMs = parseMilliseconds("time-limit", options.text("time-limit") ?? "");
    return runApart([file, configFile ?? ""], limitMs);
  },
};

/** In a process of its own: a guest that loops for ever, or takes all memory, cannot be stopped otherwise (F2, F5). */
function runApart(args: readonly string[], limitMs: number): Promise<number> {
  const program = fileURLToPath(new URL("./conformance-checks.ts", import.meta.url));
  const path = existsSync(program) ? program : program.replace(/\.ts$/, ".js");
  const child = spawn(process.execPath, [...process.execArgv, path, ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      process.stdout.write(`FAIL  the check after these did not end within ${limitMs} ms\n`);
      child.kill("SIGKILL");
    }, limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? 0 : 1);
    });
  });
}
