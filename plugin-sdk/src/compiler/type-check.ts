// Type-checks a plugin with TypeScript's native compiler, as strictly as the SDK itself is.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Diagnostic } from "./diagnostics.ts";
import { findUp, packageDir, SOURCE_DIR } from "./places.ts";

/** Diagnostics of the plugin and all it imports; empty when there is nothing to say. */
export async function typeCheck(entry: string): Promise<Diagnostic[]> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-check-"));
  try {
    const config = join(dir, "tsconfig.json");
    await writeFile(config, JSON.stringify(await configFor(entry)));
    const output = await runCompiler(["--project", config, "--pretty", "false"], dir);
    return parseOutput(output, dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The project's own settings, such as `paths` and `jsx`, stay; those that a plugin depends on are set. */
async function configFor(entry: string): Promise<object> {
  const own = findUp("tsconfig.json", dirname(entry));
  const paths = {
    // Only a file outside of any project needs it: elsewhere node_modules has the author's own version.
    ...(hasSdk(entry) ? {} : { "@sluice/plugin-sdk": [join(SOURCE_DIR, "index.ts")] }),
    ...(own === undefined ? {} : await pathsOf(own)),
  };
  return {
    ...(own === undefined ? {} : { extends: own }),
    files: [entry, join(SOURCE_DIR, "engine", "globals", "index.d.ts")],
    include: [],
    compilerOptions: { ...(own === undefined ? strictExtras : {}), ...required, paths },
  };
}

/** The `paths` of a tsconfig.json and what it extends, made absolute: setting ours would replace them. */
async function pathsOf(config: string): Promise<Record<string, string[]>> {
  // To ask costs as much as the check itself.
  if (!/"(paths|extends)"/.test(await readFile(config, "utf8"))) return {};
  const shown = await runCompiler(["--showConfig", "--project", config], dirname(config));
  // TypeScript prints its own format; a config with faults gives diagnostics instead, which the check repeats.
  const { compilerOptions = {} } = shown.startsWith("{") ? (JSON.parse(shown) as ShownConfig) : {};
  const entries = Object.entries(compilerOptions.paths ?? {});
  return Object.fromEntries(
    entries.map(([name, targets]) => [
      name,
      targets.map((target) => resolve(dirname(config), target)),
    ]),
  );
}

interface ShownConfig {
  readonly compilerOptions?: { readonly paths?: Readonly<Record<string, readonly string[]>> };
}

/** For a file without a project. */
const strictExtras = {
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
} as const;

const required = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: "es2024",
  lib: ["es2024"],
  types: [],
  module: "esnext",
  moduleResolution: "bundler",
  moduleDetection: "force",
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  customConditions: ["sluice-source"],
  composite: false,
  incremental: false,
  declaration: false,
  isolatedDeclarations: false,
} as const;

/** Whether the author's own node_modules have the SDK. */
function hasSdk(entry: string): boolean {
  return findUp(join("node_modules", "@sluice", "plugin-sdk"), dirname(entry)) !== undefined;
}

/** Resolves with what the compiler prints; rejects when it cannot run. */
function runCompiler(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((settle, reject) => {
    execFile(
      compilerPath(),
      args,
      { cwd, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        // Exit codes 1 and 2 mean that there are diagnostics.
        if (error === null || (typeof error.code === "number" && stdout !== "")) settle(stdout);
        else reject(new Error(`The TypeScript compiler failed: ${stderr || error.message}`));
      },
    );
  });
}

/** The native executable, without the Node process that `tsc` would start first. */
function compilerPath(): string {
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  const lib = join(packageDir(platform, packageDir("typescript")), "lib");
  const windows = join(lib, "tsc.exe");
  return existsSync(windows) ? windows : join(lib, "tsc");
}

const LOCATED = /^(.+?)\((\d+),(\d+)\): error TS\d+: (.*)$/;
const UNLOCATED = /^error TS\d+: (.*)$/;

/** Further lines of a diagnostic are indented; they are joined to its first. */
function parseOutput(output: string, cwd: string): Diagnostic[] {
  const diagnostics: { -readonly [Key in keyof Diagnostic]: Diagnostic[Key] }[] = [];
  for (const line of output.split(/\r?\n/)) {
    const located = LOCATED.exec(line);
    const last = diagnostics.at(-1);
    if (located !== null) {
      const [, file = "", row, column, message = ""] = located;
      const place = { file: resolve(cwd, file), line: Number(row), column: Number(column) };
      diagnostics.push({ ...place, message });
    } else if (UNLOCATED.test(line)) {
      diagnostics.push({ message: line.replace(UNLOCATED, "$1") });
    } else if (line.startsWith(" ") && last !== undefined) {
      last.message += ` ${line.trim()}`;
    }
  }
  return diagnostics;
}
