// Builds the plugins that tests are about, and runs the tests with the runtime that runs this.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPlugin } from "../compiler/index.ts";
import { BUILT_PLUGINS_VARIABLE } from "../emulator/built-plugins.ts";

export type TestRun =
  /** 0 when all tests passed. */
  | { readonly kind: "ran"; readonly exitCode: number }
  /** A plugin cannot be built: no test was run. */
  | { readonly kind: "failed"; readonly diagnostics: readonly string[] };

/** `files` are absolute; the plugin of a test is the plugin.ts beside it. The tests write to this process's output. */
export async function runTests(
  files: readonly string[],
  options: { readonly check: boolean },
): Promise<TestRun> {
  const outDir = await mkdtemp(join(tmpdir(), "sluice-plugin-test-"));
  try {
    const entries = [...new Set(files.map((file) => join(dirname(file), "plugin.ts")))];
    const built = new Map<string, string>();
    const diagnostics = await Promise.all(
      entries.filter(existsSync).map(async (entry, at) => {
        const outFile = join(outDir, `${at}.wasm`);
        built.set(entry, outFile);
        const result = await buildPlugin({ entry, outFile, check: options.check });
        return result.kind === "failed" ? result.diagnostics : [];
      }),
    );
    if (diagnostics.flat().length > 0) return { kind: "failed", diagnostics: diagnostics.flat() };
    return { kind: "ran", exitCode: await spawnRunner(files, built) };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

// Sources run as they are; what is published is compiled.
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const CONDITIONS = EXTENSION === ".ts" ? ["--conditions=sluice-source"] : [];

/** Of one test, ms: one that waits for what never comes must not hang. Bun has a limit of its own. */
const TIMEOUT = "--test-timeout=30000";

/** Arguments for the runtime that runs this: its test runner, with the SDK for whoever imports it. */
export function runnerArguments(files: readonly string[]): readonly string[] {
  const isBun = process.versions["bun"] !== undefined;
  const preload = new URL(`./preload-${isBun ? "bun" : "node"}${EXTENSION}`, import.meta.url);
  const args = isBun
    ? ["test", "--preload", fileURLToPath(preload), ...files]
    : ["--import", preload.href, "--test", "--test-reporter=spec", TIMEOUT, ...files];
  return [...CONDITIONS, ...args];
}

/** Inside of a test of its own, Node would run no file. */
export function runnerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  return environment;
}

function spawnRunner(
  files: readonly string[],
  built: ReadonlyMap<string, string>,
): Promise<number> {
  const child = spawn(process.execPath, runnerArguments(files), {
    stdio: "inherit",
    env: {
      ...runnerEnvironment(),
      [BUILT_PLUGINS_VARIABLE]: JSON.stringify(Object.fromEntries(built)),
    },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // Ended by a signal is failed, too.
    child.on("close", (code) => resolve(code ?? 1));
  });
}
