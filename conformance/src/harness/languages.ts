// Policies in other languages than TypeScript, compiled as plugin-sdk/ABI.md tells their authors.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

import { kept } from "./compiled.ts";
import { cleanEnvironment, ROOT, runToEnd, runtimeBinary, sluice } from "./runtime.ts";

const ASC = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
const AS_LIBRARY = join(ROOT, "plugin-sdk/assemblyscript");
const C_LIBRARY = join(ROOT, "plugin-sdk/c");
const ASC_CONFIG = "plugin-sdk/assemblyscript/asconfig.json";

/** The .wasm of an AssemblyScript file, given absolutely or in the checkout, with the manifest of a JSON file if there is one. */
export function buildAssemblyScript(
  source: string,
  manifest?: string,
  options: readonly string[] = ["--config", ASC_CONFIG],
): Promise<Uint8Array<ArrayBuffer>> {
  return compiled(source, manifest, AS_LIBRARY, (output) => [
    runtimeBinary("node"),
    ASC,
    source,
    ...options,
    "-o",
    output,
  ]);
}

const CLANG_OPTIONS = [
  "--target=wasm32",
  "-mbulk-memory",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-nostdlib",
  "-Iplugin-sdk/c",
  "-Wl,--no-entry,--strip-all,-z,stack-size=65536",
];

/** The same for C. See {@link withoutClang}. */
export function buildC(source: string, manifest?: string): Promise<Uint8Array<ArrayBuffer>> {
  return compiled(source, manifest, C_LIBRARY, (output) => [
    "clang",
    ...CLANG_OPTIONS,
    source,
    "-o",
    output,
  ]);
}

/** Why C cannot be compiled here; false when it can. */
export function withoutClang(): string | false {
  const missing = ["clang", "wasm-ld"].filter(
    (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status !== 0,
  );
  if (missing.length === 0) return false;
  return `${missing.join(" and ")} not found. Run: apt-get install -y clang lld`;
}

/** `library`: the folder that it may import from, beside its own. */
function compiled(
  source: string,
  manifest: string | undefined,
  library: string,
  command: (output: string) => readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const make = (): Promise<Uint8Array<ArrayBuffer>> => compile(manifest, command);
  // Given absolutely it is a case's own file, in a folder of another name each time.
  if (isAbsolute(source)) return make();
  return kept([...command(""), manifest ?? ""], [join(ROOT, dirname(source)), library], make);
}

async function compile(
  manifest: string | undefined,
  command: (output: string) => readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-language-"));
  try {
    const output = join(folder, "policy.wasm");
    const [program = "", ...args] = command(output);
    const child = spawn(program, args, { cwd: ROOT, env: environment() });
    const { code, stdout, stderr } = await runToEnd(child);
    assert.equal(code, 0, `${args.join(" ")}:\n${stdout}${stderr}`);
    if (manifest !== undefined) {
      const added = await sluice(["plugin", "manifest", output, manifest]);
      assert.equal(added.code, 0, added.stderr);
    }
    return Uint8Array.from(await readFile(output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without the programs of npm's packages: clang runs the wasm-opt that it finds, and that of binaryen is of another age. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = "", ...others } = cleanEnvironment();
  const own = PATH.split(":").filter((folder) => !folder.includes("node_modules"));
  return { ...others, PATH: own.join(":") };
}
